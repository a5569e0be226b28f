package dev.lathe.tokenizer.jinja;

/**
 * Bounds what a template may cost: a template is a program from an untrusted file, and a loop in a
 * loop in a loop is three lines of it. The bounds are far from what templates need (a thousand
 * messages take some hundred thousand steps) and do not depend on the machine's speed, so that a
 * template that renders once renders always.
 */
final class Budget {
    /** Steps of the interpreter, and elements and every 16 characters that it walks over. */
    private static final long WORK = 5_000_000;

    /** Characters made, for every character that goes in; text is copied by most operations. */
    private static final long TEXT_PER_CHARACTER = 64;

    private static final long WORK_PER_CHARACTER = 4;
    private static final long TEXT_MINIMUM = 16L << 20;
    private static final int DEPTH = 200;

    private long work = WORK;
    private long text;
    private int depth;

    /**
     * Sets the bounds.
     *
     * @param inputCharacters length of the template and of the texts that it is given
     */
    Budget(long inputCharacters) {
        text = TEXT_MINIMUM + TEXT_PER_CHARACTER * inputCharacters;
        work += WORK_PER_CHARACTER * inputCharacters;
    }

    /** Accounts for a step. */
    void step() {
        work(1);
    }

    /** Accounts for several steps. */
    void work(long steps) {
        work -= steps;
        if (work < 0) {
            throw new Failure("the template takes too many steps");
        }
    }

    /** Accounts for characters that are read. */
    void scan(long characters) {
        work(1 + characters / 16);
    }

    /**
     * Accounts for a search, whose worst case is every character of one against those of the other.
     */
    void search(long characters, long sought) {
        scan(characters);
        work(sought <= 32 ? 0 : characters * sought / 64);
    }

    /** Accounts for a float that is printed, which takes several attempts. */
    void printReal() {
        work(64);
    }

    /** Accounts for characters that are made, before they are. */
    void text(long characters) {
        scan(characters);
        text -= characters;
        if (text < 0) {
            throw new Failure("the template makes too much text");
        }
    }

    /** Begins something that can contain itself. */
    void enter() {
        if (++depth > DEPTH) {
            throw new Failure("the template nests values or calls more than " + DEPTH + " deep");
        }
    }

    /** Ends it. */
    void leave() {
        depth--;
    }
}
