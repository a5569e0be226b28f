package dev.lathe.compress;

import dev.lathe.checkpoint.Checkpoint;
import dev.lathe.checkpoint.CheckpointWriter;
import dev.lathe.checkpoint.Format;
import dev.lathe.checkpoint.RowPermutation;
import dev.lathe.checkpoint.TensorInfo;
import dev.lathe.device.Device;
import dev.lathe.device.Tensor;
import dev.lathe.device.Transfer;
import dev.lathe.model.Model;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Tensors on their way into the output and back, rows in the output's order there and in the
 * source's order here. Only q and k of some families are reordered.
 */
final class TensorOutput {
    private final Model model;
    private final CheckpointWriter writer;

    TensorOutput(Model model, CheckpointWriter writer) {
        this.model = model;
        this.writer = writer;
    }

    /** Writes a tensor of the device; its checksum. */
    String write(TensorPlan plan, Tensor tensor) {
        return write(plan, tensor::download);
    }

    /** Writes bytes that are at hand; their checksum. */
    String write(TensorPlan plan, ByteBuffer bytes) {
        return write(
                plan, (offset, piece) -> piece.put(bytes.slice((int) offset, piece.remaining())));
    }

    private String write(TensorPlan plan, Transfer.Step source) {
        TensorInfo target = writer.tensor(plan.output().name());
        MessageDigest digest = sha256();
        Transfer.Step sink =
                (offset, bytes) -> {
                    digest.update(bytes.duplicate());
                    writer.write(target, offset, bytes);
                };
        Optional<RowPermutation> order = order(plan, model.checkpoint().format(), writer.format());
        move(target, order, source, sink);
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Reads a tensor that is in the output, rows in the source's order again. */
    Tensor load(TensorPlan plan, Device device) {
        TensorInfo info = writer.tensor(plan.output().name());
        Tensor tensor = device.tensor(info.type(), info.rows(), info.cols());
        try {
            Optional<RowPermutation> order =
                    order(plan, writer.format(), model.checkpoint().format());
            move(info, order, (offset, piece) -> writer.read(info, offset, piece), tensor::upload);
            return tensor;
        } catch (RuntimeException e) {
            tensor.close();
            throw e;
        }
    }

    /** Moves a whole tensor; where its rows are to be reordered, head by head. */
    private static void move(
            TensorInfo info,
            Optional<RowPermutation> order,
            Transfer.Step source,
            Transfer.Step sink) {
        if (order.isEmpty()) {
            Transfer.run(info.byteLength(), source, sink);
            return;
        }
        RowPermutation head = order.get().ofOneHead();
        int rowBytes = rowBytes(info);
        ByteBuffer from = ByteBuffer.allocate(Math.multiplyExact(head.rows(), rowBytes));
        ByteBuffer to = ByteBuffer.allocate(from.capacity());
        for (long offset = 0; offset < info.byteLength(); offset += from.capacity()) {
            long start = offset;
            from.clear();
            Transfer.run(
                    from.capacity(),
                    (at, piece) -> source.move(start + at, piece),
                    (at, piece) -> from.put(piece));
            head.apply(from.flip(), to.clear(), rowBytes);
            sink.move(start, to);
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

    private static Transfer.Step reader(Checkpoint checkpoint, TensorInfo info) {
        return (offset, piece) -> checkpoint.read(info, offset, piece);
    }

    private static String checksum(TensorInfo info, Transfer.Step source) {
        MessageDigest digest = sha256();
        Transfer.run(info.byteLength(), source, (offset, piece) -> digest.update(piece));
        return HexFormat.of().formatHex(digest.digest());
    }

    private Optional<RowPermutation> order(TensorPlan plan, Format from, Format to) {
        return RowPermutation.between(model.config(), plan.key(), from, to);
    }

    /** Bytes of what a permutation moves as one: a matrix row, or one value of a bias. */
    private static int rowBytes(TensorInfo info) {
        return info.shape().size() == 1 ? info.type().blockBytes() : (int) info.rowBytes();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
