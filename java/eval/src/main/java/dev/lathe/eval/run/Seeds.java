package dev.lathe.eval.run;

import java.util.SplittableRandom;

/** Seeds of single answers. */
public final class Seeds {
    private Seeds() {}

    /**
     * Makes a seed that follows from a run's and from what is asked.
     *
     * @param seed of the run
     * @param parts what tells this answer from others
     * @return from 0 to 2³¹ − 1
     */
    public static long mixed(long seed, long... parts) {
        long mixed = seed;
        for (long part : parts) {
            mixed = new SplittableRandom(mixed + part).nextLong();
        }
        return mixed >>> 33;
    }
}
