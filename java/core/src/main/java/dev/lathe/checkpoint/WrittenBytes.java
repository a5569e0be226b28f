package dev.lathe.checkpoint;

import java.util.Map;
import java.util.TreeMap;

/** Which bytes of a tensor have been written: disjoint runs, begin to end. */
final class WrittenBytes {
    private final TreeMap<Long, Long> runs = new TreeMap<>();

    synchronized void add(long begin, long end) {
        if (begin == end) {
            return;
        }
        long from = begin;
        long to = end;
        Map.Entry<Long, Long> before = runs.floorEntry(begin);
        if (before != null && before.getValue() >= begin) {
            from = before.getKey();
            to = Math.max(to, before.getValue());
        }
        Map.Entry<Long, Long> after = runs.ceilingEntry(from);
        while (after != null && after.getKey() <= to) {
            to = Math.max(to, after.getValue());
            runs.remove(after.getKey());
            after = runs.ceilingEntry(from);
        }
        runs.put(from, to);
    }

    /** Returns the first byte of [0, length) that has not been written, or length. */
    synchronized long firstMissing(long length) {
        Long end = runs.get(0L);
        return end == null ? 0 : Math.min(end, length);
    }
}
