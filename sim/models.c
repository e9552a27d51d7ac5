// SPDX-License-Identifier: MIT
/* The table of models: one line each. */
#include "model.h"

extern const struct sim_model sim_model_82599, sim_model_x540;
extern const struct sim_model sim_model_82540em, sim_model_82545em_fibre, sim_model_82574;
extern const struct sim_model sim_model_82576, sim_model_82576_serdes;
extern const struct sim_model sim_model_i350, sim_model_i210;
extern const struct sim_model sim_model_virtio, sim_model_virtio_packed, sim_model_virtio_rss;
extern const struct sim_model sim_model_virtio_plain;

const struct sim_model *const sim_models[] = {
    &sim_model_82599,         &sim_model_x540,
    &sim_model_82540em,       &sim_model_82545em_fibre,
    &sim_model_82574,         &sim_model_82576,
    &sim_model_82576_serdes,  &sim_model_i350,
    &sim_model_i210,          &sim_model_virtio,
    &sim_model_virtio_packed, &sim_model_virtio_rss,
    &sim_model_virtio_plain,  NULL,
};
