package dev.lathe.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TransferTest {
    private static final long PIECE = 4 << 20;

    @Test
    void everyByteMovesOnce() {
        List<Long> pieces = new ArrayList<>();
        Transfer.run(
                2 * PIECE + 3,
                (offset, piece) -> piece.put(new byte[piece.remaining()]),
                (offset, piece) -> {
                    pieces.add(offset);
                    pieces.add((long) piece.remaining());
                });
        assertEquals(List.of(0L, PIECE, PIECE, PIECE, 2 * PIECE, 3L), pieces);
    }

    @Test
    void transfersDoNotShareTheBufferAndOneThatFailedGivesItBack() {
        Transfer.Step fill = (offset, piece) -> piece.put((byte) 1);
        Transfer.Step nested = (offset, piece) -> Transfer.run(1, fill, fill);
        assertThrows(IllegalStateException.class, () -> Transfer.run(1, fill, nested));
        Transfer.run(1, fill, (offset, piece) -> assertEquals(1, piece.get()));
    }
}
