package dev.lathe.eval.engines.server;

import java.io.IOException;

/** What came back is not what such servers send. */
final class RubbishException extends IOException {
    private static final long serialVersionUID = 1L;

    RubbishException(String message) {
        super(message);
    }
}
