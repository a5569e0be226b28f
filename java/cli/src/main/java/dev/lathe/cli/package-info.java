/** The command {@code lathe}: options in, reports out. Everything else is the library's. */
package dev.lathe.cli;
