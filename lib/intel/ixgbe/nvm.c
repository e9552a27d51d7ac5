// SPDX-License-Identifier: MIT
/* The NVM: has it been loaded, is it sound, what is the station address. */
#include <string.h>

#include "lib/core/config.h"
#include "lib/intel/ixgbe/ixgbe.h"

/* 6.2: words of the base area; the image sums up to 0xbaba. */
#define WORD_CHECKSUM    0x3fu
#define WORD_LAN_CORE    0x09u /* pointers to the two ports' core sections */
#define CORE_MAC         1u    /* the address in such a section, 3 words */
#define CHECKSUM         0xbabau

/* Pointers to the sections the checksum covers; X540 leaves out its PHY image and option ROM. */
#define POINTER_FIRST    0x03u
#define POINTER_END      0x0fu
#define POINTER_X540_PHY 0x04u
#define POINTER_X540_ROM 0x05u

/* 8.2.3.2.1: 2^(field + 6) words, and EERD reaches no further than its address field. */
static uint32_t size_in_words(uint32_t eec)
{
    uint32_t words = 1u << ((eec >> IXGBE_EEC_SIZE_SHIFT & IXGBE_EEC_SIZE_MASK) + 6);

    return words < IXGBE_EERD_WORDS ? words : IXGBE_EERD_WORDS;
}

/* 4.6.3: EEPROM auto read done, then DMA initialization done. */
int ixl_ixgbe_nvm_wait(struct ixgbe *ix)
{
    struct ixl_device *dev = &ix->base;
    int err = ixl_ixgbe_wait(ix, ix->gen->eec, IXGBE_EEC_AUTO_RD, IXGBE_EEC_AUTO_RD,
                             IXL_LIMIT_NVM_LOAD_US,
                             "the NVM is not loaded after reset: it is missing or damaged");
    if (err)
        return err;
    uint32_t eec = ixl_read(dev, ix->gen->eec);
    if (!(eec & IXGBE_EEC_PRESENT)) {
        ixl_log(IXL_LOG_ERROR, "%s: no NVM with a valid signature: it must be programmed first",
                dev->info.address);
        return -IXL_EIO;
    }
    ix->nvm_words = size_in_words(eec);
    return ixl_ixgbe_wait(ix, IXGBE_RDRXCTL, IXGBE_RDRXCTL_DMAIDONE, IXGBE_RDRXCTL_DMAIDONE,
                          IXL_LIMIT_NVM_LOAD_US, "DMA initialization does not end: power-cycle it");
}

void ixl_ixgbe_nvm_begin(struct ixgbe *ix)
{
    ix->nvm_end = ixl_now_ns(&ix->base) + IXL_LIMIT_NVM_IMAGE_US * 1000ull;
}

/* 8.2.3.2.2 */
int ixl_ixgbe_nvm_read(struct ixgbe *ix, uint32_t word, uint16_t *val)
{
    struct ixl_device *dev = &ix->base;

    if (word >= ix->nvm_words)
        return -IXL_ERANGE;
    ixl_write(dev, IXGBE_EERD, word << IXGBE_EERD_ADDR_SHIFT | IXGBE_EERD_START);
    int err =
        ixl_wait_bits(dev, IXGBE_EERD, IXGBE_EERD_DONE, IXGBE_EERD_DONE, 5, IXL_LIMIT_NVM_WORD_US);
    if (!err)
        *val = (uint16_t)(ixl_read(dev, IXGBE_EERD) >> 16);
    return !err && ixl_now_ns(&ix->base) > ix->nvm_end ? -IXL_ETIMEDOUT : err;
}

/* Add n words from `first` to *sum. */
static int add_words(struct ixgbe *ix, uint32_t first, uint32_t n, uint16_t *sum)
{
    for (uint32_t i = first; i < first + n; i++) {
        uint16_t val = 0;
        int err = ixl_ixgbe_nvm_read(ix, i, &val);
        if (err)
            return err;
        *sum = (uint16_t)(*sum + val);
    }
    return 0;
}

/* A section: its first word counts the words that follow. 0 and all ones mean there is none, and
 * one that leaves the chip is none either. */
static int add_section(struct ixgbe *ix, uint32_t pointer_word, uint16_t *sum)
{
    uint16_t start = 0, len = 0;
    int err = ixl_ixgbe_nvm_read(ix, pointer_word, &start);

    if (err || start == 0 || start >= ix->nvm_words)
        return err;
    err = ixl_ixgbe_nvm_read(ix, start, &len);
    if (err || len == 0 || start + (uint32_t)len >= ix->nvm_words)
        return err;
    return add_words(ix, start + 1u, len, sum);
}

static int sum_up(struct ixgbe *ix, uint16_t *sum)
{
    bool x540 = ix->base.row->type == IXGBE_X540;
    int err = add_words(ix, 0, WORD_CHECKSUM + 1, sum);

    for (uint32_t p = POINTER_FIRST; !err && p < POINTER_END; p++)
        if (!x540 || (p != POINTER_X540_PHY && p != POINTER_X540_ROM))
            err = add_section(ix, p, sum);
    return err;
}

/* The whole image adds up to 0xbaba. Nothing to do where only firmware can read words. */
int ixl_ixgbe_nvm_check(struct ixgbe *ix)
{
    uint16_t sum = 0;

    if (!ix->gen->eerd)
        return 0;
    int err = ixl_ixgbe_sync_get(ix, IXGBE_SYNC_EEP);
    if (err)
        return err;
    ixl_ixgbe_nvm_begin(ix);
    err = sum_up(ix, &sum);
    ixl_ixgbe_sync_put(ix, IXGBE_SYNC_EEP);
    if (err == -IXL_ETIMEDOUT)
        ixl_log(IXL_LOG_ERROR, "%s: the NVM does not answer: power-cycle the device",
                ix->base.info.address);
    if (err)
        return err;
    if (sum == CHECKSUM)
        return 0;
    ixl_log(IXL_LOG_ERROR,
            "%s: the NVM's checksum is %#06x instead of 0xbaba: restore its image "
            "with the vendor's tool",
            ix->base.info.address, sum);
    return -IXL_EIO;
}

/* ---- station address ------------------------------------------------------------- */

/* 8.2.3.7.9: loaded into the first receive address with AV set, if the NVM has one. */
static bool mac_from_filter(struct ixgbe *ix, uint8_t mac[6])
{
    uint32_t low = ixl_read(&ix->base, IXGBE_RAL(0));
    uint32_t high = ixl_read(&ix->base, IXGBE_RAH(0));

    for (unsigned i = 0; i < 4; i++)
        mac[i] = (uint8_t)(low >> 8 * i);
    mac[4] = (uint8_t)high;
    mac[5] = (uint8_t)(high >> 8);
    return (high & IXGBE_RAH_AV) && ixl_mac_valid(mac);
}

static int read_core_mac(struct ixgbe *ix, uint8_t mac[6])
{
    bool second = ixl_read(&ix->base, IXGBE_STATUS) & IXGBE_STATUS_LAN_ID_1;
    uint16_t core = 0, val = 0;
    int err = ixl_ixgbe_nvm_read(ix, WORD_LAN_CORE + second, &core);

    for (unsigned i = 0; !err && i < 3; i++) {
        err = ixl_ixgbe_nvm_read(ix, core + CORE_MAC + i, &val);
        mac[2 * i] = (uint8_t)val;
        mac[2 * i + 1] = (uint8_t)(val >> 8);
    }
    return err;
}

static bool mac_from_words(struct ixgbe *ix, uint8_t mac[6])
{
    if (!ix->gen->eerd || ixl_ixgbe_sync_get(ix, IXGBE_SYNC_EEP))
        return false;
    ixl_ixgbe_nvm_begin(ix);
    int err = read_core_mac(ix, mac);
    ixl_ixgbe_sync_put(ix, IXGBE_SYNC_EEP);
    return !err && ixl_mac_valid(mac);
}

int ixl_ixgbe_nvm_mac(struct ixgbe *ix)
{
    struct ixl_device *dev = &ix->base;

    if (ixl_mac_valid(dev->cfg.mac)) {
        memcpy(dev->mac, dev->cfg.mac, 6);
        return 0;
    }
    if (mac_from_filter(ix, dev->mac) || mac_from_words(ix, dev->mac))
        return 0;
    if (!ixl_ixgbe_present(ix))
        return -IXL_ENODEV;
    ixl_log(IXL_LOG_ERROR, "%s: its NVM holds no usable MAC address: give one in the configuration",
            dev->info.address);
    return -IXL_EIO;
}
