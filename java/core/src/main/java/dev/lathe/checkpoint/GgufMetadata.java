package dev.lathe.checkpoint;

import dev.lathe.DataException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The metadata of a GGUF file: keys and values in the order of the file. Immutable.
 *
 * <p>Every getter names the file, the key and both types when a value is not what was asked for.
 */
public final class GgufMetadata {
    private final String source;
    private final Map<String, GgufValue> values;

    private GgufMetadata(String source, Map<String, GgufValue> values) {
        this.source = source;
        this.values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /**
     * Starts empty metadata.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder("metadata");
    }

    static Builder builder(String source) {
        return new Builder(source);
    }

    /**
     * Starts metadata from these.
     *
     * @return a builder that holds all keys of this object
     */
    public Builder toBuilder() {
        Builder builder = new Builder(source);
        builder.values.putAll(values);
        return builder;
    }

    /**
     * Returns the keys.
     *
     * @return unmodifiable, in the order of the file
     */
    public Set<String> keys() {
        return values.keySet();
    }

    /**
     * Says whether a key is there.
     *
     * @param key the key
     * @return true if there is a value
     */
    public boolean contains(String key) {
        return values.containsKey(key);
    }

    /**
     * Looks a value up.
     *
     * @param key the key
     * @return the value, or empty
     */
    public Optional<GgufValue> find(String key) {
        return Optional.ofNullable(values.get(key));
    }

    /**
     * Returns a string.
     *
     * @param key the key
     * @return the string
     * @throws DataException if the key is missing or the value is no string
     */
    public String string(String key) {
        return require(key, findString(key));
    }

    /**
     * Looks a string up.
     *
     * @param key the key
     * @return the string, or empty where the key is missing
     * @throws DataException if the value is no string
     */
    public Optional<String> findString(String key) {
        return find(key).map(value -> cast(key, value, GgufValue.Text.class, "STRING").value());
    }

    /**
     * Returns a whole number.
     *
     * @param key the key
     * @return the number
     * @throws DataException if the key is missing, the value is no integer, or it passes 2^63 - 1
     */
    public long integer(String key) {
        return require(key, findInteger(key));
    }

    /**
     * Looks a whole number up.
     *
     * @param key the key
     * @return the number, or empty where the key is missing
     * @throws DataException if the value is no integer, or it passes 2^63 - 1
     */
    public Optional<Long> findInteger(String key) {
        return find(key)
                .map(
                        value -> {
                            GgufValue.WholeNumber number =
                                    cast(key, value, GgufValue.WholeNumber.class, "an integer");
                            if (number.type() == GgufType.UINT64 && number.value() < 0) {
                                throw new DataException(
                                        String.format(
                                                "%s: metadata key '%s' is %s, too large",
                                                source, key, number));
                            }
                            return number.value();
                        });
    }

    /**
     * Returns a number.
     *
     * @param key the key
     * @return the number
     * @throws DataException if the key is missing or the value is no number
     */
    public double real(String key) {
        return require(key, findReal(key));
    }

    /**
     * Looks a number up.
     *
     * @param key the key
     * @return the number, or empty where the key is missing
     * @throws DataException if the value is no number
     */
    public Optional<Double> findReal(String key) {
        return find(key)
                .map(
                        value -> {
                            if (value instanceof GgufValue.Float32 number) {
                                return (double) number.value();
                            }
                            if (value instanceof GgufValue.Float64 number) {
                                return number.value();
                            }
                            return (double)
                                    cast(key, value, GgufValue.WholeNumber.class, "a number")
                                            .value();
                        });
    }

    /**
     * Looks a truth value up.
     *
     * @param key the key
     * @return the value, or empty where the key is missing
     * @throws DataException if the value is no truth value
     */
    public Optional<Boolean> findFlag(String key) {
        return find(key).map(value -> cast(key, value, GgufValue.Flag.class, "BOOL").value());
    }

    /**
     * Returns an array of strings.
     *
     * @param key the key
     * @return the strings, decoded when they are asked for
     * @throws DataException if the key is missing or the value is no array of strings
     */
    public List<String> strings(String key) {
        return require(key, findStrings(key));
    }

    /**
     * Looks up an array of strings.
     *
     * @param key the key
     * @return the strings, decoded when they are asked for, or empty where the key is missing
     * @throws DataException if the value is no array of strings
     */
    public Optional<List<String>> findStrings(String key) {
        return find(key)
                .map(
                        value ->
                                cast(key, value, GgufArray.Texts.class, "an array of STRING")
                                        .values());
    }

    /**
     * Looks up an array of numbers.
     *
     * @param key the key
     * @return the numbers, or empty where the key is missing
     * @throws DataException if the value is no array of numbers
     */
    public Optional<GgufArray.Numbers> findNumbers(String key) {
        return find(key)
                .map(value -> cast(key, value, GgufArray.Numbers.class, "an array of numbers"));
    }

    /**
     * Returns where these metadata come from.
     *
     * @return the file's path, for messages
     */
    public String source() {
        return source;
    }

    private <T> T require(String key, Optional<T> value) {
        return value.orElseThrow(
                () -> new DataException(source + ": metadata key '" + key + "' is missing"));
    }

    private <T extends GgufValue> T cast(
            String key, GgufValue value, Class<T> expected, String expectedWords) {
        if (!expected.isInstance(value)) {
            String found =
                    value instanceof GgufArray array
                            ? "an array of " + array.elementType()
                            : value.type().toString();
            throw new DataException(
                    String.format(
                            "%s: metadata key '%s' is %s, expected %s",
                            source, key, found, expectedWords));
        }
        return expected.cast(value);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof GgufMetadata that
                && List.copyOf(values.entrySet()).equals(List.copyOf(that.values.entrySet()));
    }

    @Override
    public int hashCode() {
        return values.hashCode();
    }

    @Override
    public String toString() {
        return values.toString();
    }

    /** Collects metadata; a key that is put again keeps its place. */
    public static final class Builder {
        private final String source;
        private final Map<String, GgufValue> values = new LinkedHashMap<>();

        private Builder(String source) {
            this.source = source;
        }

        /**
         * Sets a value of any type.
         *
         * @param key the key
         * @param value the value
         * @return this
         */
        public Builder put(String key, GgufValue value) {
            values.put(key, value);
            return this;
        }

        /**
         * Sets a string.
         *
         * @param key the key
         * @param value the string
         * @return this
         */
        public Builder putString(String key, String value) {
            return put(key, new GgufValue.Text(value));
        }

        /**
         * Sets an unsigned 32-bit integer, the type of nearly all counts in GGUF.
         *
         * @param key the key
         * @param value 0 to 2^32 - 1
         * @return this
         * @throws IllegalArgumentException if the number does not fit
         */
        public Builder putUint32(String key, long value) {
            return put(key, new GgufValue.WholeNumber(GgufType.UINT32, value));
        }

        /**
         * Sets a 32-bit float.
         *
         * @param key the key
         * @param value the number
         * @return this
         */
        public Builder putFloat32(String key, float value) {
            return put(key, new GgufValue.Float32(value));
        }

        /**
         * Sets a truth value.
         *
         * @param key the key
         * @param value the value
         * @return this
         */
        public Builder putFlag(String key, boolean value) {
            return put(key, new GgufValue.Flag(value));
        }

        /**
         * Sets an array of strings.
         *
         * @param key the key
         * @param strings the strings
         * @return this
         */
        public Builder putStrings(String key, List<String> strings) {
            return put(key, GgufArray.Texts.of(strings));
        }

        /**
         * Sets an array of signed 32-bit integers.
         *
         * @param key the key
         * @param numbers the integers
         * @return this
         */
        public Builder putInt32s(String key, int... numbers) {
            return put(key, GgufArray.Numbers.ofInt32(numbers));
        }

        /**
         * Sets an array of 32-bit floats.
         *
         * @param key the key
         * @param numbers the floats
         * @return this
         */
        public Builder putFloat32s(String key, float... numbers) {
            return put(key, GgufArray.Numbers.ofFloat32(numbers));
        }

        /**
         * Copies values.
         *
         * @param other where from
         * @param prefix only keys that begin so
         * @return this
         */
        public Builder putAll(GgufMetadata other, String prefix) {
            other.values.forEach(
                    (key, value) -> {
                        if (key.startsWith(prefix)) {
                            put(key, value);
                        }
                    });
            return this;
        }

        /**
         * Removes keys; one that is not there is no error.
         *
         * @param keys the keys
         * @return this
         */
        public Builder remove(String... keys) {
            Arrays.asList(keys).forEach(values::remove);
            return this;
        }

        /**
         * Makes the metadata.
         *
         * @return what has been put so far
         */
        public GgufMetadata build() {
            return new GgufMetadata(source, values);
        }

        /** Says whether a key has been put. */
        boolean contains(String key) {
            return values.containsKey(key);
        }

        /** Returns the keys put so far. */
        List<String> keys() {
            return new ArrayList<>(values.keySet());
        }
    }
}
