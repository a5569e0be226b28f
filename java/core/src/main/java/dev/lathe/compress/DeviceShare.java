package dev.lathe.compress;

import dev.lathe.calibrate.CalibrationSet;
import dev.lathe.device.Device;
import dev.lathe.model.Model;

/**
 * What goes to a device at once. A GPU's memory, or the budget that it was opened with, decides how
 * many sequences make a batch, whether a block's weights arrive while the block before is computed,
 * and what is left for activations. No result depends on it: statistics are summed in the same
 * portions whatever the batches.
 *
 * @param batchSequences sequences of a batch
 * @param portionTokens tokens whose statistics are summed at once
 * @param activationBytes activations that stay in the device's memory
 * @param loadsAhead whether the next block's weights are loaded while a block is computed
 */
record DeviceShare(
        int batchSequences, long portionTokens, long activationBytes, boolean loadsAhead) {
    /** Of what is left, for what sizes alone do not tell: allocations are rounded up. */
    private static final double ACTIVATION_SHARE = 0.9;

    static DeviceShare of(
            Device device, Model model, Estimate estimate, CalibrationSet calibration) {
        CompressionPlan plan = estimate.plan();
        int length = calibration.sequences()[0].length;
        int whole =
                Math.min(
                        calibration.sequences().length,
                        Math.max(1, Estimate.BATCH_TOKENS / length));
        long portion = (long) whole * length;
        long room = device.freeBytes();
        if (room < 0) {
            return new DeviceShare(whole, portion, estimate.activationBytes(), false);
        }
        long fixed = Estimate.deviceBytes(plan);
        int sequences = whole;
        while (sequences > 1 && fixed + batchBytes(model, plan, sequences, whole, length) > room) {
            sequences /= 2;
        }
        long left = room - fixed - batchBytes(model, plan, sequences, whole, length);
        long block = Estimate.sourceBlockBytes(plan);
        boolean ahead = left >= block;
        left = (long) (ACTIVATION_SHARE * Math.max(0, left - (ahead ? block : 0)));
        return new DeviceShare(
                sequences, portion, Math.min(estimate.activationBytes(), left), ahead);
    }

    /** A batch on its way through a stage, and a portion of inputs where batches are less. */
    private static long batchBytes(
            Model model, CompressionPlan plan, int sequences, int whole, int length) {
        long tokens = (long) sequences * length;
        long batch = Estimate.batchBytes(model.config(), tokens);
        if (plan.tensors().stream().anyMatch(plan::correctsInputs)) {
            // The compressed model's inputs once more, weighted.
            batch += Estimate.inputBytes(plan, tokens);
        }
        return sequences == whole
                ? batch
                : batch + Estimate.inputBytes(plan, (long) whole * length);
    }

    /** Whether there is less to ask for. */
    boolean divisible() {
        return batchSequences > 1 || loadsAhead || activationBytes > 0;
    }

    /** What goes to the device at once, for messages. */
    String inWords() {
        return batchSequences == 1 ? "1 sequence" : batchSequences + " sequences";
    }

    /** Half of it and no activations, when the device has less memory than it said. */
    DeviceShare halved() {
        return new DeviceShare(Math.max(1, batchSequences / 2), portionTokens, 0, false);
    }
}
