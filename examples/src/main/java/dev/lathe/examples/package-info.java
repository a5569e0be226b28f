/** Small programs that show the library: each one file, each run by one command. */
package dev.lathe.examples;
