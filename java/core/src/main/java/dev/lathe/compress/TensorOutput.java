package dev.lathe.compress;

import dev.lathe.checkpoint.Checkpoint;
import dev.lathe.checkpoint.CheckpointWriter;
import dev.lathe.checkpoint.Format;
import dev.lathe.checkpoint.RowPermutation;
import dev.lathe.checkpoint.TensorInfo;
import dev.lathe.device.Device;
import dev.lathe.device.Tensor;
import dev.lathe.model.Model;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Tensors on their way into the output and back, rows in the output's order there and in the
 * source's order here. Only q and k of some families are reordered, and those are copied whole;
 * everything else goes through in pieces.
 */
final class TensorOutput {
    private static final int CHUNK_BYTES = 4 << 20;

    private final Model model;
    private final CheckpointWriter writer;

    TensorOutput(Model model, CheckpointWriter writer) {
        this.model = model;
        this.writer = writer;
    }

    /** Produces bytes of a tensor in the source's order of rows. */
    @FunctionalInterface
    private interface Source {
        void read(long offset, ByteBuffer target);
    }

    /** Writes a tensor of the device; its checksum. */
    String write(TensorPlan plan, Tensor tensor) {
        return write(plan, (offset, target) -> tensor.download(offset, target));
    }

    /** Writes bytes that are at hand; their checksum. */
    String write(TensorPlan plan, ByteBuffer bytes) {
        return write(
                plan,
                (offset, target) -> target.put(bytes.slice((int) offset, target.remaining())));
    }

    private String write(TensorPlan plan, Source source) {
        TensorInfo target = writer.tensor(plan.output().name());
        MessageDigest digest = sha256();
        Optional<RowPermutation> order = order(plan, model.checkpoint().format(), writer.format());
        int chunk = order.isPresent() ? (int) target.byteLength() : CHUNK_BYTES;
        ByteBuffer buffer = direct((int) Math.min(chunk, Math.max(1, target.byteLength())));
        for (long offset = 0; offset < target.byteLength(); offset += buffer.limit()) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), target.byteLength() - offset));
            source.read(offset, buffer);
            ByteBuffer bytes = buffer.flip();
            if (order.isPresent()) {
                bytes = direct(buffer.limit());
                order.get().apply(buffer, bytes, rowBytes(target));
            }
            digest.update(bytes.duplicate());
            writer.write(target, offset, bytes.duplicate());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Reads a tensor that is in the output, rows in the source's order again. */
    Tensor load(TensorPlan plan, Device device) {
        TensorInfo info = writer.tensor(plan.output().name());
        Tensor tensor = device.tensor(info.type(), info.rows(), info.cols());
        try {
            Optional<RowPermutation> order =
                    order(plan, writer.format(), model.checkpoint().format());
            int chunk = order.isPresent() ? (int) info.byteLength() : CHUNK_BYTES;
            ByteBuffer buffer = direct((int) Math.min(chunk, info.byteLength()));
            for (long offset = 0; offset < info.byteLength(); offset += buffer.limit()) {
                buffer.clear().limit((int) Math.min(buffer.capacity(), info.byteLength() - offset));
                writer.read(info, offset, buffer);
                ByteBuffer bytes = buffer.flip();
                if (order.isPresent()) {
                    bytes = direct(buffer.limit());
                    order.get().apply(buffer, bytes, rowBytes(info));
                }
                tensor.upload(offset, bytes.duplicate());
            }
            return tensor;
        } catch (RuntimeException e) {
            tensor.close();
            throw e;
        }
    }

    /** Checksum of a tensor's bytes in the unfinished output. */
    String checksum(TensorPlan plan) {
        TensorInfo info = writer.tensor(plan.output().name());
        return checksum(info, (offset, target) -> writer.read(info, offset, target));
    }

    /** Whether a finished output holds what a journal says. */
    static boolean holds(Path output, Iterable<TensorRecord> records) {
        try (Checkpoint checkpoint = Checkpoint.open(output)) {
            for (TensorRecord record : records) {
                Optional<TensorInfo> info = checkpoint.find(record.name());
                if (info.isEmpty()
                        || !checksum(info.get(), reader(checkpoint, info.get()))
                                .equals(record.sha256())) {
                    return false;
                }
            }
            return true;
        }
    }

    private static Source reader(Checkpoint checkpoint, TensorInfo info) {
        return (offset, target) -> checkpoint.read(info, offset, target);
    }

    private static String checksum(TensorInfo info, Source source) {
        MessageDigest digest = sha256();
        ByteBuffer buffer = direct((int) Math.min(CHUNK_BYTES, Math.max(1, info.byteLength())));
        for (long offset = 0; offset < info.byteLength(); offset += buffer.limit()) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), info.byteLength() - offset));
            source.read(offset, buffer);
            digest.update(buffer.flip());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private Optional<RowPermutation> order(TensorPlan plan, Format from, Format to) {
        return RowPermutation.between(model.config(), plan.key(), from, to);
    }

    /** Bytes of what a permutation moves as one: a matrix row, or one value of a bias. */
    private static int rowBytes(TensorInfo info) {
        return info.shape().size() == 1 ? info.type().blockBytes() : (int) info.rowBytes();
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
