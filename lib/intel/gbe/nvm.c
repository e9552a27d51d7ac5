// SPDX-License-Identifier: MIT
/* NVM words (5.6, 13.4.4), their checksum, and the station address. */
#include "lib/core/config.h"
#include "lib/intel/gbe/gbe.h"

#define CHECKED_WORDS  64u
#define CHECKSUM       0xbabau
#define WORD_ALTERNATE 0x37u

static int read_word(struct gbe *g, uint16_t word, uint16_t *val)
{
    const struct gbe_gen *gen = g->gen;
    unsigned shift = gen->nvm == GBE_NVM_EERD_8254X ? 8 : 2;
    ixl_write(&g->base, gen->eerd, (uint32_t)word << shift | GBE_EERD_START);
    int err = ixl_wait_bits(&g->base, gen->eerd, gen->eerd_done, gen->eerd_done, 5,
                            IXL_LIMIT_NVM_WORD_US);
    if (err)
        return err;
    *val = (uint16_t)(ixl_read(&g->base, gen->eerd) >> GBE_EERD_DATA_SHIFT);
    return 0;
}

static int read_words(struct gbe *g, uint16_t first, uint16_t *val, unsigned n)
{
    if (g->gen->nvm == GBE_NVM_HARDWARE)
        return -IXL_ENOTSUP;
    int err = ixl_gbe_sync_get(g, GBE_SYNC_NVM);
    if (err)
        return err;
    for (unsigned i = 0; i < n && err == 0; i++)
        err = read_word(g, (uint16_t)(first + i), val + i);
    ixl_gbe_sync_put(g, GBE_SYNC_NVM);
    return err;
}

int ixl_gbe_nvm_word(struct gbe *g, uint16_t word, uint16_t *val)
{
    return read_words(g, word, val, 1);
}

/* 5.6.35: words 0 to 3Fh add up to BABAh. A wrong sum is reported, and does not stop us: boards
 * whose NVM was written by hand work nevertheless. No answer at all does. */
int ixl_gbe_nvm_check(struct gbe *g)
{
    uint16_t words[CHECKED_WORDS], sum = 0;
    int err = read_words(g, 0, words, CHECKED_WORDS);
    if (err == -IXL_ENOTSUP)
        return 0;
    if (err == -IXL_ETIMEDOUT)
        ixl_log(IXL_LOG_ERROR, "%s: the NVM does not answer: power-cycle the machine",
                g->base.info.address);
    if (err)
        return err;
    for (unsigned i = 0; i < CHECKED_WORDS; i++)
        sum = (uint16_t)(sum + words[i]);
    if (sum != CHECKSUM)
        ixl_log(IXL_LOG_WARN,
                "%s: the NVM's checksum is %#x instead of %#x: its contents may be "
                "damaged",
                g->base.info.address, sum, CHECKSUM);
    return 0;
}

/* ---- station address ------------------------------------------------------------------------ */

/* The hardware loads the first address from the NVM after a reset (13.5.3). */
static bool loaded_mac(struct gbe *g, uint8_t mac[6])
{
    uint32_t low = ixl_read(&g->base, GBE_RAL(0)), high = ixl_read(&g->base, GBE_RAH(0));
    for (unsigned i = 0; i < 4; i++)
        mac[i] = (uint8_t)(low >> 8 * i);
    mac[4] = (uint8_t)high;
    mac[5] = (uint8_t)(high >> 8);
    return (high & GBE_RAH_AV) && ixl_mac_valid(mac);
}

static void mac_of_words(const uint16_t words[3], uint8_t mac[6])
{
    for (unsigned i = 0; i < 3; i++) {
        mac[2 * i] = (uint8_t)words[i];
        mac[2 * i + 1] = (uint8_t)(words[i] >> 8);
    }
}

static unsigned port(struct gbe *g)
{
    return (ixl_read(&g->base, GBE_STATUS) & GBE_STATUS_FUNC) >> GBE_STATUS_FUNC_SHIFT;
}

/* 82576 6.1.27: word 37h points to an address for each port, which counts instead of the part's. */
static bool alternate_mac(struct gbe *g, uint8_t mac[6])
{
    uint16_t at = 0, words[3];
    if (!g->gen->alternate_mac || read_words(g, WORD_ALTERNATE, &at, 1) || at == 0 || at == 0xffff)
        return false;
    if (read_words(g, (uint16_t)(at + 3u * port(g)), words, 3))
        return false;
    mac_of_words(words, mac);
    return ixl_mac_valid(mac);
}

/* 5.6.1: words 0 to 2, the first byte on the wire in the low half. A chip with two ports holds
 * the second port's address as the first one's with the lowest bit changed. */
static bool stored_mac(struct gbe *g, uint8_t mac[6])
{
    uint16_t words[3];
    if (read_words(g, 0, words, 3))
        return false;
    mac_of_words(words, mac);
    if (port(g) & 1)
        mac[5] ^= 1;
    return ixl_mac_valid(mac);
}

int ixl_gbe_mac_init(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    memcpy(dev->mac, dev->cfg.mac, 6);
    /* A reset does not bring the address back on every 8254x (not on QEMU's): a former owner's may
     * still be there. Later parts may have an NVM per port, which the hardware knows best. */
    if (ixl_mac_valid(dev->mac) || alternate_mac(g, dev->mac) ||
        (!g->gen->pcie && stored_mac(g, dev->mac)))
        return 0;
    if (loaded_mac(g, dev->mac) || stored_mac(g, dev->mac))
        return 0;
    if (!ixl_gbe_present(g))
        return -IXL_ENODEV;
    ixl_log(IXL_LOG_ERROR, "%s: the NVM holds no station address: set one in the configuration",
            dev->info.address);
    return -IXL_EIO;
}
