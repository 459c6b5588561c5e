/* Who speaks. The client is who sends the ClientHello; before that, who opened the connection. */
#ifndef DISSECTORS_SPEAKER_H
#define DISSECTORS_SPEAKER_H

enum speaker { CLIENT, SERVER, SPEAKERS };

static inline enum speaker speaker_peer(enum speaker speaker)
{
    return speaker == CLIENT ? SERVER : CLIENT;
}

#endif
