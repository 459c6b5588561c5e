#include "capture/netmon.h"

enum {
    LINK_ETHERNET = 1,
    LINK_RAW = 101,
    LINK_WIFI = 105,
    MEDIA_WIFI = 6, /* behind a header of Network Monitor's own */
    MEDIA_PCAP = 0xe000,
    MEDIA_PCAP_WIFI = 0xe080, /* Message Analyzer's: this and ten more are no link types */
    MEDIA_PCAP_OTHERS = 0xe08a,
    MEDIA_PCAP_ENDS = 0xf000,
    MEDIA_SPECIAL = 0xff00, /* from here on frames are no packets; */
    MEDIA_PAYLOAD = 0xfffc, /* these are not even counted: what was put together again, */
    MEDIA_NAMES = 0xfffe    /* adapters, and names */
};

static uint16_t u16(struct wire *bytes)
{
    uint16_t big = wire_u16(bytes);
    return (uint16_t)(big << 8 | big >> 8);
}

static uint64_t u64(struct wire *bytes)
{
    uint64_t low = wire_u32_little(bytes);
    return low | (uint64_t)wire_u32_little(bytes) << 32;
}

static struct wire from(const struct netmon *netmon, size_t place)
{
    struct wire bytes = netmon->file;
    wire_skip(&bytes, place);
    return bytes;
}

/* ---- times ---- */

static const int64_t SECOND = 1000000000;

/* The days from 1970 to a date of the Gregorian calendar. */
static int64_t days_until(int64_t year, int64_t month, int64_t day)
{
    int64_t march = (month + 9) % 12; /* months since March: the leap day is the year's last */
    int64_t years = year - (month <= 2);
    int64_t days = years * 365 + years / 4 - years / 100 + years / 400;
    return days + (march * 153 + 2) / 5 + day - 1 - 719468;
}

/* A SYSTEMTIME. It is the local time of a place that is not told: taken as UTC. What is no date is
 * 1970. */
static int64_t read_start(struct wire *bytes)
{
    int64_t year = u16(bytes), month = u16(bytes);
    wire_skip(bytes, 2); /* the day of the week */
    int64_t day = u16(bytes);
    int64_t seconds = u16(bytes) * INT64_C(3600);
    seconds += u16(bytes) * INT64_C(60);
    seconds += u16(bytes);
    int64_t milliseconds = u16(bytes);
    if (year < 1970 || year > 2100 || month < 1 || month > 12 || day < 1 || day > 31) {
        return 0;
    }
    seconds += days_until(year, month, day) * 86400;
    return seconds * SECOND + milliseconds * (SECOND / 1000);
}

/* The start and what passed since; clamped, as of other captures. */
static int64_t time_after(int64_t start, int64_t passed)
{
    const int64_t most = INT64_MAX / 2; /* the start, before 2110, is less */
    passed = passed > most ? most : passed < -most ? -most : passed;
    return start + passed;
}

/* Microseconds since the start. Frames may be older than it: those of version 2 count them times
 * ten in a signed number. */
static int64_t time_of_ticks(const struct netmon *netmon, uint64_t microseconds)
{
    const int64_t most = INT64_MAX / 100;
    int64_t ticks = (int64_t)(microseconds * 10);
    ticks = ticks > most ? most : ticks < -most ? -most : ticks;
    return time_after(netmon->start, ticks * 100);
}

/* A FILETIME: 100 nanoseconds since 1601. */
static int64_t time_of_file(uint64_t ticks)
{
    const uint64_t until_1970 = UINT64_C(116444736000000000);
    const uint64_t most = INT64_MAX / 100;
    uint64_t since = ticks > until_1970 ? ticks - until_1970 : 0;
    return (int64_t)(since > most ? most : since) * 100;
}

/* ---- the file ---- */

/* The table, where it is whole. Else frames go on to where it would be, or to the file's end. */
static void open_table(struct netmon *netmon, size_t place, size_t length)
{
    struct wire bytes = from(netmon, place);
    netmon->table = wire_take(&bytes, length / 4 * 4);
    netmon->in_table = wire_ok(&netmon->table) && place >= NETMON_HEADER;
    netmon->next = NETMON_HEADER;
    netmon->end = place >= NETMON_HEADER && place < netmon->file.left ? place : netmon->file.left;
}

enum netmon_begin netmon_begin(struct netmon *netmon, struct wire file)
{
    *netmon = (struct netmon){.file = file};
    struct wire header = wire_take(&file, NETMON_HEADER);
    if (!wire_ok(&header)) {
        return NETMON_SHORT;
    }
    wire_skip(&header, 4); /* the magic number */
    netmon->minor = wire_u8(&header);
    netmon->major = wire_u8(&header);
    netmon->media = u16(&header);
    netmon->start = read_start(&header);
    size_t place = wire_u32_little(&header);
    size_t length = wire_u32_little(&header);
    open_table(netmon, place, length);
    return netmon->major == 1 || netmon->major == 2 ? NETMON_BEGINS : NETMON_VERSION;
}

/* ---- frames ---- */

/* A frame as it lies in the file. */
struct frame {
    uint64_t passed; /* micro- or, in version 1, milliseconds */
    uint32_t length;
    struct wire bytes;
    struct wire trailer;
};

/* Bytes behind a frame: its media type since 2.1, a process since 2.2, UTC and a zone since 2.3. */
static size_t trailer_length(const struct netmon *netmon)
{
    static const size_t lengths[] = {0, 2, 6, 15};
    unsigned minor = netmon->minor < 3 ? netmon->minor : 3;
    return netmon->major == 1 ? 0 : lengths[minor];
}

/* Reads the frame that `bytes` begin with; false where it is not whole, or longer than any is. */
static bool read_frame(const struct netmon *netmon, struct frame *frame, struct wire *bytes)
{
    uint32_t captured = 0;
    if (netmon->major == 1) {
        frame->passed = wire_u32_little(bytes);
        frame->length = u16(bytes);
        captured = u16(bytes);
    } else {
        frame->passed = u64(bytes);
        frame->length = wire_u32_little(bytes);
        captured = wire_u32_little(bytes);
    }
    frame->bytes = wire_take(bytes, captured);
    frame->trailer = wire_take(bytes, trailer_length(netmon));
    return wire_ok(bytes) && captured <= CAPTURE_SNAP_LENGTH;
}

/* Finds the next frame; PACKET when there is one. */
static enum netmon_result find_frame(struct netmon *netmon, struct frame *frame)
{
    if (netmon->in_table) {
        if (netmon->table.left == 0) {
            return NETMON_END;
        }
        struct wire bytes = from(netmon, wire_u32_little(&netmon->table));
        bool found = read_frame(netmon, frame, &bytes);
        netmon->damaged += !found;
        return found ? NETMON_PACKET : NETMON_DAMAGED;
    }
    if (netmon->next == netmon->end) {
        return NETMON_CUT;
    }
    struct wire bytes = from(netmon, netmon->next);
    bytes = wire_take(&bytes, netmon->end - netmon->next);
    if (!read_frame(netmon, frame, &bytes)) {
        return NETMON_CUT_IN_PACKET;
    }
    netmon->next = netmon->end - bytes.left;
    return NETMON_PACKET;
}

/* Passes over the header that a frame of 802.11 has: a version, and how long it is. */
static bool skip_wifi_header(struct packet *packet)
{
    struct wire header = packet->bytes;
    wire_skip(&header, 1);
    size_t length = u16(&header);
    wire_skip(&packet->bytes, length);
    packet->length -= packet->length < length ? packet->length : length;
    return wire_ok(&header) && wire_ok(&packet->bytes);
}

/* What a media type is among pcap's link types. Ethernet is also 0, in captures of a VPN. */
static int link_of(unsigned media)
{
    static const int links[] = {
        LINK_ETHERNET, LINK_ETHERNET, 6 /* Token Ring */, 10 /* FDDI */, -1, -1,
        LINK_WIFI,     LINK_RAW,      LINK_RAW,           LINK_RAW};
    int link = media < sizeof links / sizeof links[0] ? links[media] : -1;
    if (media == MEDIA_PCAP_WIFI) {
        link = LINK_WIFI;
    } else if (media >= MEDIA_PCAP && media < MEDIA_PCAP_ENDS &&
               (media < MEDIA_PCAP_WIFI || media > MEDIA_PCAP_OTHERS)) {
        link = (int)(media - MEDIA_PCAP);
    }
    return link >= 0 ? link : (int)media + NETMON_MEDIA;
}

enum netmon_result netmon_next(struct netmon *netmon, struct packet *packet)
{
    struct frame frame;
    enum netmon_result result = find_frame(netmon, &frame);
    if (result != NETMON_PACKET) {
        return result;
    }
    unsigned media = netmon->media;
    packet->time = time_of_ticks(netmon, netmon->major == 1 ? frame.passed * 1000 : frame.passed);
    packet->bytes = frame.bytes;
    packet->length = frame.length;
    if (frame.trailer.left > 0) {
        media = u16(&frame.trailer);
        wire_skip(&frame.trailer, 4); /* the process */
        uint64_t ticks = u64(&frame.trailer);
        packet->time = wire_ok(&frame.trailer) && ticks > 0 ? time_of_file(ticks) : packet->time;
    }
    if (media >= MEDIA_SPECIAL) {
        return media >= MEDIA_PAYLOAD && media <= MEDIA_NAMES ? NETMON_NOTE : NETMON_OTHER;
    }
    packet->link = link_of(media);
    if (media == MEDIA_WIFI && !skip_wifi_header(packet)) {
        netmon->damaged++;
        return NETMON_DAMAGED;
    }
    return NETMON_PACKET;
}
