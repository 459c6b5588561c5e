#include "report/finding.h"

const char *finding_kind_name(enum finding_kind kind)
{
    static const char *const names[] = {[FINDING_MET] = "met",
                                        [FINDING_DIFFERS] = "differs",
                                        [FINDING_MISSING] = "missing",
                                        [FINDING_UNEXPECTED] = "unexpected",
                                        [FINDING_UNNAMED] = "no_expectation",
                                        [FINDING_WRITTEN] = "written"};
    return names[kind];
}

const char *finding_kind_title(enum finding_kind kind)
{
    static const char *const titles[] = {
        [FINDING_MET] = "as expected",
        [FINDING_DIFFERS] = "not as expected",
        [FINDING_MISSING] = "expected, and not in the capture",
        [FINDING_UNEXPECTED] = "no expectation names it",
        [FINDING_UNNAMED] = "nothing is expected of this capture",
        [FINDING_WRITTEN] = "expectations written",
    };
    return titles[kind];
}

void finding_differences(struct phrase *phrase, const struct finding *finding, const char *between)
{
    for (size_t i = 0; i < finding->differences; i++) {
        const struct difference *difference = &finding->difference[i];
        phrase_add(phrase, "%s%s: expected %s, found %s", between, difference->field,
                   difference->expected != NULL ? difference->expected : "nothing",
                   difference->found != NULL ? difference->found : "nothing");
    }
}
