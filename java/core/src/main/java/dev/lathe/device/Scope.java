package dev.lathe.device;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Closes everything that was allocated through it, last first. The one idiom for memory in this
 * code:
 *
 * <pre>{@code
 * try (Scope scope = device.scope()) {
 *     Tensor gate = scope.tensor(DType.F32, tokens, cols);
 *     ...
 * }
 * }</pre>
 */
public final class Scope implements AutoCloseable {
    private final Device device;
    private final Deque<Tensor> tensors = new ArrayDeque<>();

    Scope(Device device) {
        this.device = device;
    }

    /**
     * Allocates a tensor that lives until the scope is closed, or until it is closed itself. Its
     * values are undefined.
     *
     * @param type storage type
     * @param rows number of rows
     * @param cols values in a row
     * @return the tensor
     */
    public Tensor tensor(DType type, long rows, long cols) {
        return add(device.tensor(type, rows, cols));
    }

    /**
     * Hands a tensor over to the scope.
     *
     * @param tensor the tensor to close with the scope
     * @return the tensor
     */
    public Tensor add(Tensor tensor) {
        tensors.push(tensor);
        return tensor;
    }

    @Override
    public void close() {
        while (!tensors.isEmpty()) {
            tensors.pop().close();
        }
    }
}
