// SPDX-License-Identifier: MIT
/*
 * One suite for every device: `suite ADDRESS` runs all cases on sim:MODEL or qemu:KIND. What holds
 * for one driver holds for all; where a device differs, its case says which property of the
 * hardware (or of QEMU's model) is the reason.
 */
#include <stdio.h>

#include "tests/common/cases.h"
#include "tests/common/stage.h"

#define CASE(name) cmocka_unit_test_setup(name, stage_reset_log)

static const struct CMUnitTest everywhere[] = {
    CASE(the_device_says_who_it_is),
    CASE(a_hundred_lives_leave_nothing_behind),
    CASE(a_device_is_held_by_one),
    CASE(the_link_is_seen_going_and_coming),
    CASE(a_removed_device_is_told_and_closed),
    CASE(frames_of_all_sizes_come_back_unchanged),
    CASE(only_what_is_meant_for_it_is_received),
    CASE(a_new_station_address_is_heard),
    CASE(statistics_are_what_was_added_since),
    CASE(a_full_ring_takes_what_fits),
    CASE(a_dry_pool_is_told_and_recovers),
    CASE(a_pool_grows_and_shrinks_under_traffic),
    CASE(each_mode_works_with_each_interrupt),
    CASE(an_idle_sleep_ends_in_time),
    CASE(an_external_waiter_misses_nothing),
    CASE(no_wakeup_is_lost),
    CASE(a_queue_adapts_both_ways),
    CASE(a_reset_keeps_what_was_configured),
    CASE(frames_in_the_rings_are_dropped_and_counted),
    CASE(a_hundred_resets_lose_no_buffer),
    CASE(interrupts_go_on_after_a_reset),
    CASE(a_sleeper_is_called_out_for_a_reset),
    CASE(a_device_at_work_is_healthy),
    CASE(a_removed_device_is_not_reset),
    CASE(the_link_is_an_event_in_every_mode),
    CASE(an_event_wakes_who_waits_for_it),
    CASE(an_event_comes_with_the_receive_interrupt),
    CASE(events_cost_no_wakeup),
    CASE(counters_keep_names_and_order),
    CASE(one_thing_has_one_name_everywhere),
    CASE(flows_spread_over_all_queues),
    CASE(queues_need_no_lock_between_them),
    CASE(features_are_those_of_the_device),
    CASE(checksums_are_told_only_while_checked),
    CASE(hashing_ends_with_its_feature),
    CASE(settings_out_of_range_are_refused),
    CASE(moderation_is_set_while_frames_come),
    CASE(tags_stay_in_frames_at_first),
    CASE(tags_are_taken_out_when_asked),
    CASE(tags_are_inserted_when_asked),
    CASE(each_frame_tells_how_its_tag_was_treated),
    CASE(only_vlans_of_the_table_come_through),
    CASE(further_addresses_are_heard),
    CASE(groups_are_heard_when_chosen),
    CASE(hashes_are_the_published_ones),
    CASE(the_table_directs_flows),
    CASE(wrong_addresses_are_refused),
    CASE(wrong_configurations_are_refused),
    CASE(unfit_frames_are_not_sent),
    CASE(nothing_where_an_object_is_needed),
    CASE(pools_refuse_what_they_cannot_do),
};

static const struct CMUnitTest on_models[] = {
    CASE(a_device_left_running_is_recovered),
    CASE(frames_are_counted_by_kind_and_size),
    CASE(counters_survive_a_reset),
    CASE(segments_are_counted_as_the_frames_they_are),
    CASE(what_wraps_goes_on),
    CASE(bad_frames_are_counted_by_what_is_wrong),
    CASE(a_dry_ring_drops_and_counts),
    CASE(frames_without_room_are_missed_and_counted),
    CASE(a_pause_is_obeyed_when_told_so),
    CASE(a_full_buffer_asks_for_a_pause),
    CASE(a_stalled_receiver_yields_nothing),
    CASE(a_stalled_sender_fills_its_ring),
    CASE(dropped_frames_are_missing_and_no_others),
    CASE(corrupted_frames_are_not_handed_out),
    CASE(nonsense_in_descriptors_does_no_harm),
    CASE(a_reset_that_hangs_fails_the_open),
    CASE(a_silent_eeprom_is_survived),
    CASE(a_damaged_eeprom_is_survived),
    CASE(a_storm_of_interrupts_is_weathered),
    CASE(a_hung_sender_is_found_and_recovers),
    CASE(a_stalled_receiver_is_found_and_recovers),
    CASE(a_ring_that_was_given_up_works_after_a_reset),
    CASE(a_reset_that_fails_stops_the_device),
    CASE(a_fault_of_the_device_is_told_until_it_is_reset),
    CASE(lost_interrupts_cost_time_alone),
    CASE(firmware_that_keeps_its_semaphore_is_survived),
};

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3) {
        printf("usage: %s ADDRESS [CASE]\n", argv[0]);
        return 2;
    }
    int status = stage_choose(argv[1]);
    if (status)
        return status;
    if (argc == 3)
        cmocka_set_test_filter(argv[2]);
    int failed = cmocka_run_group_tests_name(argv[1], everywhere, NULL, NULL);
    if (on_sim())
        failed += cmocka_run_group_tests_name("model faults", on_models, NULL, NULL);
    return failed != 0;
}
