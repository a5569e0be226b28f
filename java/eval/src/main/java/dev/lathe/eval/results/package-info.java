/** From answers to figures: what a report shows. */
package dev.lathe.eval.results;
