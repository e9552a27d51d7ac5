// SPDX-License-Identifier: MIT
//
// Does a subject do what it is timed for?
#ifndef BENCH_CHECK_H
#define BENCH_CHECK_H

#include "subject.h"

// Runs the operation over many laps of the rings in batches of all sizes under
// an audit. Returns true, or prints what was wrong.
bool check_subject(const struct subject *subject, const struct memnic_model *model, unsigned ring,
                   enum bench_op op);

#endif
