package dev.lathe.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.UsageException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class DeviceTest {
    @Test
    void linearAddsBias() {
        try (Device device = Device.open("cpu", 2);
                Scope scope = device.scope()) {
            Tensor w = scope.tensor(DType.F32, 2, 3).set(new float[] {1, 2, 3, 4, 5, 6});
            Tensor x = scope.tensor(DType.F32, 1, 3).set(new float[] {1, 0, -1});
            Tensor bias = scope.tensor(DType.F32, 1, 2).set(new float[] {10, 20});
            Tensor y = scope.tensor(DType.F32, 1, 2);
            device.linear(y, x, w, bias);
            assertArrayEquals(new float[] {8, 18}, y.toArray());
        }
    }

    @Test
    void closingReturnsAllMemory() {
        try (Device device = Device.open("cpu", 1)) {
            try (Scope scope = device.scope()) {
                scope.tensor(DType.F32, 4, 64);
                assertEquals(1024, device.allocatedBytes());
            }
            assertEquals(0, device.allocatedBytes());
            assertEquals(1024, device.peakBytes());
        }
    }

    @Test
    void closingTwicePassesAndUseAfterCloseThrows() {
        try (Device device = Device.open("cpu", 1)) {
            Tensor tensor = device.tensor(DType.F32, 1, 4);
            tensor.close();
            tensor.close();
            assertThrows(IllegalStateException.class, tensor::zero);
        }
    }

    @Test
    void memoryOutsideTheHeapIsNotBoundByTheHeap() {
        try (Device device = Device.open("cpu", 1)) {
            assertEquals("cpu", device.name());
            assertEquals(0, org.bytedeco.javacpp.Pointer.maxPhysicalBytes());
        }
    }

    @Test
    void valuesPassInPiecesInBothDirections() {
        // More than one piece of a transfer, and no whole number of them.
        float[] values = new float[(1 << 21) + 17];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        ByteBuffer heap =
                ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.nativeOrder());
        heap.asFloatBuffer().put(values);
        try (Device device = Device.open("cpu", 1);
                Tensor tensor = device.tensor(DType.F32, 1, values.length);
                Tensor other = device.tensor(DType.F32, 1, values.length)) {
            assertArrayEquals(values, tensor.set(values).toArray());
            other.upload(0, heap);
            assertArrayEquals(values, other.toArray());
            assertEquals(0, heap.remaining());
        }
    }

    @Test
    void unknownDeviceNamesThoseKnown() {
        UsageException e = assertThrows(UsageException.class, () -> Device.open("tpu", 1));
        assertTrue(
                e.getMessage().contains("'tpu'") && e.getMessage().contains("cpu"), e.getMessage());
    }
}
