package dev.lathe.eval.task;

import java.net.URI;

/**
 * Where a task's data comes from.
 *
 * @param file name of the file in a data folder
 * @param uri public address of that file
 * @param sha256 checksum of what lies there; null where its bytes may change
 * @param rows how many questions it holds
 * @param licence its licence
 */
public record TaskSource(String file, URI uri, String sha256, int rows, String licence) {}
