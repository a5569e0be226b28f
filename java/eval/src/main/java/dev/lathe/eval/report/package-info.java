/** Reports of an evaluation for people and programs. */
package dev.lathe.eval.report;
