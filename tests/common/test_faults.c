// SPDX-License-Identifier: MIT
/* Each fault of the models: an error or a loss that is seen, in bounded time; the device closes,
 * and once it is healed it opens and works again. */
#include "tests/common/cases.h"
#include "tests/common/stage.h"

static bool virtio(void)
{
    return strncmp(device_name(), "virtio", 6) == 0;
}

static bool ixgbe(void)
{
    return strcmp(device_name(), "82599") == 0 || strcmp(device_name(), "x540") == 0;
}

/* Frames come from outside, from the model's point of view: nothing depends on sending. */
static void inject(struct stage *s, uint32_t number)
{
    uint8_t frame[200];
    unsigned idle = 0;
    frame_fill(frame, sizeof(frame), s->mac, number);
    for (uint64_t end = now_ms() + PATIENCE_MS; !sim_inject(s->nic, frame, sizeof(frame));) {
        if (now_ms() > end)
            fail_msg("the model takes no frame");
        breathe(&idle);
    }
}

static uint64_t arrived(struct stage *s)
{
    struct sim_counters c;
    sim_get_counters(s->nic, &c);
    return c.wire_rx;
}

static void start(struct stage *s, struct ixl_dev_cfg cfg, enum sim_fault fault, uint64_t arg)
{
    stage_open(s, "", &cfg);
    stage_ready(s);
    sim_set_fault(s->nic, fault, arg);
}

/* Closes the broken device, heals it, and sees it work. */
static void heal(struct stage *s)
{
    struct ixl_dev_cfg cfg = polling();
    uint64_t pardoned = s->pardoned;
    stage_close_device(s);
    sim_set_fault(s->nic, SIM_FAULT_NONE, 0);
    stage_open_on(s, s->bus, &cfg);
    s->pardoned = pardoned;
    stage_ready(s);
    frames_exchange(s, 100, 20, SMALL_FRAME, 1514);
    stage_close(s);
}

/* Until nothing has come for a while that is long for a model. Counts, and checks if told to. */
static unsigned drain(struct stage *s, bool check)
{
    unsigned n = 0, idle = 0;
    for (uint64_t end = now_ms() + 300; now_ms() < end;) {
        struct pkt_buf *bufs[16];
        int got = ixl_rx_batch(s->dev, 0, bufs, 16);
        assert_true(got >= 0 || got == -IXL_ENOBUFS);
        for (int i = 0; i < got; i++) {
            if (check)
                frame_check(bufs[i]);
            for (const struct pkt_buf *b = bufs[i]; b; b = b->next)
                assert_true(b->size <= b->capacity);
            ixl_pkt_buf_free(bufs[i]);
            n++;
        }
        if (got > 0)
            end = now_ms() + 300;
        else
            breathe(&idle);
    }
    return n;
}

void a_stalled_receiver_yields_nothing(void **state)
{
    struct stage s;

    (void)state;
    start(&s, waiting(20), SIM_FAULT_STALL_RX, 0);
    for (uint32_t i = 0; i < 50; i++)
        inject(&s, i);
    assert_int_equal(drain(&s, true), 0);
    assert_int_equal(ixl_read_stats(s.dev, NULL), 0);
    heal(&s);
}

void a_stalled_sender_fills_its_ring(void **state)
{
    struct ixl_dev_cfg cfg = polling();
    struct stage s;
    int taken = 0;

    (void)state;
    cfg.tx_ring_size = 64;
    start(&s, cfg, SIM_FAULT_STALL_TX, 0);
    for (unsigned i = 0; i < 200; i++) {
        struct pkt_buf *buf = frame_make(&s, SMALL_FRAME, s.mac, i);
        int n = ixl_tx_batch(s.dev, 0, &buf, 1);
        assert_in_range(n, 0, 1);
        if (n == 0)
            ixl_pkt_buf_free(buf);
        taken += n;
    }
    assert_in_range(taken, 1, 64);
    heal(&s);
}

void dropped_frames_are_missing_and_no_others(void **state)
{
    struct stage s;

    (void)state;
    start(&s, polling(), SIM_FAULT_DROP, 3);
    for (uint32_t i = 0; i < 300; i++)
        inject(&s, i);
    assert_int_equal(drain(&s, true), 200);
    heal(&s);
}

void corrupted_frames_are_not_handed_out(void **state)
{
    struct ixl_device_stats stats = { 0, 0, 0, 0 };
    struct stage s;

    (void)state;
    start(&s, polling(), SIM_FAULT_CORRUPT, 3);
    for (uint32_t i = 0; i < 300; i++)
        inject(&s, i);
    assert_int_equal(drain(&s, true), 200);
    assert_int_equal(ixl_read_stats(s.dev, &stats), 0);
    assert_int_equal(stats.rx_pkts, 200);
    if (!virtio()) /* whose host throws damaged frames away and says nothing */
        assert_int_equal(xstat(&s, "rx_crc_errors"), 100);
    heal(&s);
}

/* What a broken device writes back: nothing is believed, nobody is hurt. */
void nonsense_in_descriptors_does_no_harm(void **state)
{
    static const struct {
        enum sim_fault fault;
        uint64_t arg;
    } nonsense[] = {
        { SIM_FAULT_BAD_LENGTH, 0 },    { SIM_FAULT_BAD_LENGTH, 0xffff },
        { SIM_FAULT_BAD_LENGTH, 2049 }, { SIM_FAULT_NO_EOP, 0 },
        { SIM_FAULT_RANDOM_DESC, 1 },   { SIM_FAULT_RANDOM_DESC, 4711 },
        { SIM_FAULT_RANDOM_DESC, 999 },
    };
    struct ixl_dev_cfg cfg = polling();
    struct stage s;

    (void)state;
    cfg.rx_ring_size = 64;
    for (unsigned k = 0; k < sizeof(nonsense) / sizeof(nonsense[0]); k++) {
        start(&s, cfg, nonsense[k].fault, nonsense[k].arg);
        uint64_t before = arrived(&s);
        for (uint32_t i = 0; i < 300; i++) {
            uint8_t frame[200];
            frame_fill(frame, sizeof(frame), s.mac, i);
            sim_inject(s.nic, frame, sizeof(frame)); /* a ring that makes no sense may stop */
            if (i % 16 == 15) {
                struct pkt_buf *bufs[16];
                int got = ixl_rx_batch(s.dev, 0, bufs, 16);
                assert_true(got >= 0 || got == -IXL_ENOBUFS);
                for (int j = 0; j < got; j++)
                    ixl_pkt_buf_free(bufs[j]);
            }
        }
        drain(&s, false);
        assert_true(arrived(&s) > before);
        heal(&s);
    }
}

/* ---- faults an open meets ------------------------------------------------------------------- */

/* The open fails with `err` and one line, or works if `err` is 0; healed, it works in any case. */
static void open_with(enum sim_fault fault, uint64_t arg, int err)
{
    struct ixl_dev_cfg cfg = polling();
    struct stage s = { .bus = stage_bus("") };

    /* A semaphore taken from a dead holder is, for the model, one that was never granted. */
    s.pardoned = fault == SIM_FAULT_FIRMWARE_HELD ? UINT64_MAX : 0;
    s.nic = ixl_sim_nic_at(s.bus, 0);
    sim_set_fault(s.nic, fault, arg);
    log_errors = 0;
    int got = ixl_init(s.bus, 0, &cfg, &s.dev);
    if (got != err)
        fail_msg("the open ends with \"%s\" (%s)", ixl_strerror(got), log_last);
    if (err) {
        assert_null(s.dev);
        assert_int_equal(log_errors, 1);
    }
    heal(&s);
}

void a_reset_that_hangs_fails_the_open(void **state)
{
    (void)state;
    open_with(SIM_FAULT_RESET_HANGS, 0, -IXL_ETIMEDOUT);
}

/* virtio-net has none; its configuration that never rests is as good. */
void a_silent_eeprom_is_survived(void **state)
{
    (void)state;
    open_with(SIM_FAULT_NO_EEPROM, 0, -IXL_ETIMEDOUT);
}

/* The ixgbe parts refuse to work with a wrong checksum; gigabit boards with images made by hand are
 * many, and for them it is a warning. */
void a_damaged_eeprom_is_survived(void **state)
{
    (void)state;
    open_with(SIM_FAULT_NO_EEPROM, 1, ixgbe() ? -IXL_EIO : 0);
}

void firmware_that_keeps_its_semaphore_is_survived(void **state)
{
    (void)state;
    open_with(SIM_FAULT_FIRMWARE_HELD, 0, 0); /* whoever holds it that long is taken for dead */
}

/* ---- interrupts ----------------------------------------------------------------------------- */

void a_storm_of_interrupts_is_weathered(void **state)
{
    struct stage s;

    (void)state;
    start(&s, waiting(1000), SIM_FAULT_IRQ_STORM, 0);
    frames_exchange(&s, 300, 8, SMALL_FRAME, 1514);
    heal(&s);
}

void lost_interrupts_cost_time_alone(void **state)
{
    struct ixl_dev_cfg cfg = waiting(10);
    struct stage s;

    (void)state;
    cfg.irq_rate_high = UINT32_MAX;
    start(&s, cfg, SIM_FAULT_IRQ_LOST, 2);
    for (unsigned i = 0; i < 50; i++)
        frames_exchange(&s, 1, 1, SMALL_FRAME, 1514);
    heal(&s);
}
