/**
 * What is pruned and how: {@link dev.lathe.prune.Sparsity} and {@link dev.lathe.prune.PruneMethod}.
 */
package dev.lathe.prune;
