package dev.lathe.eval.task;

import java.net.URI;

/**
 * Where a task's data comes from.
 *
 * @param file name of the file in a data folder
 * @param uri public address of that file
 * @param rows how many questions it holds
 * @param licence its licence
 */
public record TaskSource(String file, URI uri, int rows, String licence) {}
