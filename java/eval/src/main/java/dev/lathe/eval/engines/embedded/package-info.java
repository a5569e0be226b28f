/**
 * llama.cpp in a Java machine of its own: closing its model leaks, its threads keep a machine alive
 * and a file that it cannot use may abort the process. Parent and child talk in lines of JSON
 * through a socket in a private folder, so that what native code prints cannot corrupt them.
 */
package dev.lathe.eval.engines.embedded;
