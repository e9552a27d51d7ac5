// SPDX-License-Identifier: MIT
//
// Four panels, one an operation: cycles per packet over the batch, both scales
// logarithmic; solid when hot, dashed when evicted.
#include "record.h"

#include <math.h>

enum {
    PANEL_WIDTH = 460,
    PANEL_HEIGHT = 330,
    MARGIN = 50, // of the plot inside its panel
    LEGEND_HEIGHT = 60,
};

static const double least_cycles = 2, most_cycles = 500;
static const char *const titles[OP_COUNT] = { "receive + free", "allocate + send + clean",
                                              "forward A to B", "forward by exchange" };
static const char *const colours[] = { "#4d4d4d", "#d95f02", "#e7a33e",
                                       "#9e7bb5", "#1b66b1", "#66a61e" };

struct plot {
    FILE *out;
    double x, y, width, height;
    double last_batch;
};

static struct plot plot_of(FILE *out, enum bench_op op, const struct report_setting *setting)
{
    unsigned last = 2;
    for (size_t i = 0; i < setting->batch_count; i++)
        last = setting->batches[i] > last ? setting->batches[i] : last;
    return (struct plot){
        .out = out,
        .x = (double)(op % 2) * PANEL_WIDTH + MARGIN,
        .y = (op > OP_TX ? PANEL_HEIGHT : 0) + MARGIN + LEGEND_HEIGHT,
        .width = PANEL_WIDTH - 1.4 * MARGIN,
        .height = PANEL_HEIGHT - 1.7 * MARGIN,
        .last_batch = last,
    };
}

static double across(const struct plot *p, double batch)
{
    return p->x + p->width * log(batch) / log(p->last_batch);
}

static double down(const struct plot *p, double cycles)
{
    double clipped = fmin(fmax(cycles, least_cycles), most_cycles);
    return p->y + p->height * log(most_cycles / clipped) / log(most_cycles / least_cycles);
}

static void draw_axes(const struct plot *p, const struct report_setting *setting)
{
    static const double ticks[] = { 2, 5, 10, 20, 50, 100, 200, 500 };
    for (size_t i = 0; i < sizeof ticks / sizeof ticks[0]; i++)
        fprintf(p->out,
                "<line x1='%.1f' x2='%.1f' y1='%.1f' y2='%.1f' stroke='#ddd'/>"
                "<text x='%.1f' y='%.1f' text-anchor='end'>%.0f</text>\n",
                p->x, p->x + p->width, down(p, ticks[i]), down(p, ticks[i]), p->x - 6,
                down(p, ticks[i]) + 4, ticks[i]);
    for (size_t i = 0; i < setting->batch_count; i++)
        fprintf(p->out, "<text x='%.1f' y='%.1f' text-anchor='middle'>%u</text>\n",
                across(p, setting->batches[i]), p->y + p->height + 16, setting->batches[i]);
}

static void draw_line(const struct plot *p, const struct records *records,
                      const struct report_setting *setting, size_t subject, enum bench_op op,
                      bool evicted)
{
    const char *colour = colours[subject % (sizeof colours / sizeof colours[0])];
    fprintf(p->out, "<polyline fill='none' stroke='%s' stroke-width='2'%s points='", colour,
            evicted ? " stroke-dasharray='5 4'" : "");
    for (size_t i = 0; i < setting->batch_count; i++) {
        const struct record *r =
            records_find(records, setting->subjects[subject], op, setting->batches[i], evicted);
        if (r)
            fprintf(p->out, "%.1f,%.1f ", across(p, r->batch), down(p, r->cycles_min));
    }
    fprintf(p->out, "'/>\n");
}

static void draw_panel(FILE *out, const struct records *records,
                       const struct report_setting *setting, enum bench_op op)
{
    struct plot p = plot_of(out, op, setting);
    fprintf(out, "<text x='%.1f' y='%.1f' font-size='15'>%s</text>\n", p.x, p.y - 12, titles[op]);
    draw_axes(&p, setting);
    for (size_t i = 0; i < setting->subject_count; i++) {
        draw_line(&p, records, setting, i, op, false);
        draw_line(&p, records, setting, i, op, true);
    }
}

static void draw_legend(FILE *out, const struct report_setting *setting)
{
    fprintf(out,
            "<text x='%d' y='24' font-size='16'>Cycles per packet over packets per call: %s, "
            "rings of %u; dashed: caches evicted</text>\n",
            MARGIN, setting->device, setting->ring);
    for (size_t i = 0; i < setting->subject_count; i++) {
        double x = MARGIN + (double)i * 145;
        fprintf(out,
                "<rect x='%.0f' y='42' width='14' height='14' fill='%s'/>"
                "<text x='%.0f' y='54'>%s %s</text>\n",
                x, colours[i % (sizeof colours / sizeof colours[0])], x + 20,
                setting->subjects[i]->name, setting->subjects[i]->variant);
    }
}

void report_svg(FILE *out, const struct records *records, const struct report_setting *setting)
{
    int width = 2 * PANEL_WIDTH, height = 2 * PANEL_HEIGHT + LEGEND_HEIGHT;
    fprintf(out,
            "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' "
            "viewBox='0 0 %d %d' font-family='sans-serif' font-size='12'>\n"
            "<rect width='100%%' height='100%%' fill='white'/>\n",
            width, height, width, height);
    draw_legend(out, setting);
    for (enum bench_op op = 0; op < OP_COUNT; op++)
        draw_panel(out, records, setting, op);
    fprintf(out, "</svg>\n");
}
