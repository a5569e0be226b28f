/** What all packages share: the exceptions that carry a message for the user. */
package dev.lathe;
