/* The extensions of a hello: two tables with a row and a small function for each extension that
 * decides anything. What an extension says becomes a field of the hello; hello.c calls this. */
#ifndef DISSECTORS_EXTENSIONS_H
#define DISSECTORS_EXTENSIONS_H

#include "hello.h"

/* Read a block of extensions into `hello`, whose other fields are set. A malformed extension
 * becomes a field of the hello, and reading goes on. Return false where the block itself breaks
 * off. */
bool extensions_client(struct client_hello *hello, struct wire block);
bool extensions_server(struct server_hello *hello, struct wire block);

#endif
