// SPDX-License-Identifier: MIT
/* The cases of the common suite; each is named by what it shows. */
#ifndef TESTS_COMMON_CASES_H
#define TESTS_COMMON_CASES_H

/* test_life.c */
void the_device_says_who_it_is(void **state);
void a_hundred_lives_leave_nothing_behind(void **state);
void a_device_is_held_by_one(void **state);
void a_device_left_running_is_recovered(void **state);
void the_link_is_seen_going_and_coming(void **state);
void a_removed_device_is_told_and_closed(void **state);

/* test_frames.c */
void frames_of_all_sizes_come_back_unchanged(void **state);
void only_what_is_meant_for_it_is_received(void **state);
void a_new_station_address_is_heard(void **state);
void statistics_are_what_was_added_since(void **state);
void a_full_ring_takes_what_fits(void **state);
void a_dry_pool_is_told_and_recovers(void **state);
void a_pool_grows_and_shrinks_under_traffic(void **state);

/* test_irqs.c */
void each_mode_works_with_each_interrupt(void **state);
void an_idle_sleep_ends_in_time(void **state);
void an_external_waiter_misses_nothing(void **state);
void no_wakeup_is_lost(void **state);
void a_queue_adapts_both_ways(void **state);

/* test_queues.c */
void flows_spread_over_all_queues(void **state);
void queues_need_no_lock_between_them(void **state);

/* test_features.c */
void features_are_those_of_the_device(void **state);
void checksums_are_told_only_while_checked(void **state);
void hashing_ends_with_its_feature(void **state);
void settings_out_of_range_are_refused(void **state);
void moderation_is_set_while_frames_come(void **state);

/* test_tags.c */
void tags_stay_in_frames_at_first(void **state);
void tags_are_taken_out_when_asked(void **state);
void tags_are_inserted_when_asked(void **state);
void each_frame_tells_how_its_tag_was_treated(void **state);
void only_vlans_of_the_table_come_through(void **state);

/* test_filters.c */
void further_addresses_are_heard(void **state);
void groups_are_heard_when_chosen(void **state);

/* test_rss.c */
void hashes_are_the_published_ones(void **state);
void the_table_directs_flows(void **state);

/* test_misuse.c */
void wrong_addresses_are_refused(void **state);
void wrong_configurations_are_refused(void **state);
void unfit_frames_are_not_sent(void **state);
void nothing_where_an_object_is_needed(void **state);
void pools_refuse_what_they_cannot_do(void **state);

/* test_recovery.c */
void a_reset_keeps_what_was_configured(void **state);
void frames_in_the_rings_are_dropped_and_counted(void **state);
void a_hundred_resets_lose_no_buffer(void **state);
void interrupts_go_on_after_a_reset(void **state);
void a_sleeper_is_called_out_for_a_reset(void **state);
void a_device_at_work_is_healthy(void **state);
void a_removed_device_is_not_reset(void **state);
void a_hung_sender_is_found_and_recovers(void **state);          /* software NICs only */
void a_stalled_receiver_is_found_and_recovers(void **state);     /* the same */
void a_ring_that_was_given_up_works_after_a_reset(void **state); /* the same */
void a_reset_that_fails_stops_the_device(void **state);          /* the same */

/* test_events.c */
void the_link_is_an_event_in_every_mode(void **state);
void an_event_wakes_who_waits_for_it(void **state);
void an_event_comes_with_the_receive_interrupt(void **state);
void events_cost_no_wakeup(void **state);
void a_fault_of_the_device_is_told_until_it_is_reset(void **state); /* software NICs only */

/* test_stats.c */
void counters_keep_names_and_order(void **state);
void one_thing_has_one_name_everywhere(void **state);
void frames_are_counted_by_kind_and_size(void **state); /* software NICs only */
void counters_survive_a_reset(void **state);            /* the same */
void segments_are_counted_as_the_frames_they_are(void **state);
void what_wraps_goes_on(void **state);
void bad_frames_are_counted_by_what_is_wrong(void **state); /* the same */
void a_dry_ring_drops_and_counts(void **state);             /* the same */
void frames_without_room_are_missed_and_counted(void **state);

/* test_pause.c */
void a_pause_is_obeyed_when_told_so(void **state);
void a_full_buffer_asks_for_a_pause(void **state);

/* test_faults.c, software NICs only */
void a_stalled_receiver_yields_nothing(void **state);
void a_stalled_sender_fills_its_ring(void **state);
void dropped_frames_are_missing_and_no_others(void **state);
void corrupted_frames_are_not_handed_out(void **state);
void nonsense_in_descriptors_does_no_harm(void **state);
void a_reset_that_hangs_fails_the_open(void **state);
void a_silent_eeprom_is_survived(void **state);
void a_damaged_eeprom_is_survived(void **state);
void a_storm_of_interrupts_is_weathered(void **state);
void lost_interrupts_cost_time_alone(void **state);
void firmware_that_keeps_its_semaphore_is_survived(void **state);

#endif
