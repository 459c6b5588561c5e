/* Greetings: how servers begin. */
#include "diagnosis/greeting.h"

#include <stddef.h>
#include <string.h>

struct greeting {
    const char *begins;
    const char *name;
};

static const struct greeting GREETINGS[] = {
    {"HTTP/", "plain HTTP"}, {"<!DOCTYPE", "plain HTTP"},
    {"<html", "plain HTTP"}, {"SSH-", "SSH"},
    {"220", "SMTP or FTP"},  {"421", "SMTP or FTP"},
    {"554", "SMTP"},         {"500", "SMTP or FTP"},
    {"502", "SMTP or FTP"},  {"* OK", "IMAP"},
    {"* BYE", "IMAP"},       {"* BAD", "IMAP"},
    {"+OK", "POP3"},         {"-ERR", "POP3 or Redis"},
    {"-DENIED", "Redis"},    {"<?xml", "XMPP"},
    {"<stream:", "XMPP"},    {"RFB ", "VNC"},
    {"@RSYNCD", "rsync"},    {"AMQP", "AMQP"},
    {"RTSP/", "RTSP"},       {"SIP/2.0", "SIP"},
    {"NOTICE ", "IRC"},      {"ERROR :", "IRC"},
    {"INFO {", "NATS"},
};

const char *greeting_protocol(const char *said)
{
    for (size_t i = 0; said != NULL && i < sizeof GREETINGS / sizeof GREETINGS[0]; i++) {
        if (strncmp(said, GREETINGS[i].begins, strlen(GREETINGS[i].begins)) == 0) {
            return GREETINGS[i].name;
        }
    }
    return NULL;
}

bool greeting_is_record(const char *said)
{
    static const char *const HEADERS[] = {"\\x14\\x03\\x0", "\\x15\\x03\\x0", "\\x16\\x03\\x0",
                                          "\\x17\\x03\\x0"};
    for (size_t i = 0; said != NULL && i < sizeof HEADERS / sizeof HEADERS[0]; i++) {
        if (strncmp(said, HEADERS[i], strlen(HEADERS[i])) == 0) {
            return true;
        }
    }
    return false;
}
