// SPDX-License-Identifier: MIT
#ifndef FAKE_L4_SYS_IRQ_H
#define FAKE_L4_SYS_IRQ_H

#include <l4/sys/types.h>

/* Nothing is answered: l4_error means nothing. */
l4_msgtag_t l4_irq_unmask(l4_cap_idx_t irq);
l4_ret_t l4_error(l4_msgtag_t tag);

#endif
