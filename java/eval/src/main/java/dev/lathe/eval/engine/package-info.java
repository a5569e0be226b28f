/** What runs a model: requests, samplings, answers and their failures. */
package dev.lathe.eval.engine;
