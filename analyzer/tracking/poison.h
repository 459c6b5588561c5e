/* Memory that was not handed out is poisoned under AddressSanitizer, so that our own allocators do
 * not hide overruns from it. */
#ifndef TRACKING_POISON_H
#define TRACKING_POISON_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISON_ACTIVE 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define POISON_ACTIVE 1
#endif

#ifdef POISON_ACTIVE
#include <sanitizer/asan_interface.h>
enum { POISON_GAP = 16 }; /* poisoned bytes behind each piece */
#else
enum { POISON_GAP = 0 };
#define ASAN_POISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

#endif
