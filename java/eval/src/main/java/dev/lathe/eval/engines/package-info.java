/** The engines that there are, and how one is chosen. */
package dev.lathe.eval.engines;
