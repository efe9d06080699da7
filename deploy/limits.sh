# shellcheck shell=bash
# Checks the sizes of instances that Cloud Run offers: https://cloud.google.com/run/docs/configuring/services/cpu and
# .../memory-limits. quota.sh checks how many a project may have.

# check_instances: checks the numbers and sizes of all functions' instances.
check_instances() {
    local name
    for name in MIN_INSTANCES MAX_INSTANCES ENGAGEMENT_MAX_INSTANCES PROFILE_MAX_INSTANCES \
        PUBLISH_MAX_INSTANCES CONCURRENCY; do
        check_pattern "$name" '0|[1-9][0-9]{0,3}' 'a number'
    done
    for name in MAX_INSTANCES ENGAGEMENT_MAX_INSTANCES PROFILE_MAX_INSTANCES PUBLISH_MAX_INSTANCES; do
        ((${!name} >= 1)) || die "$name: expected at least 1"
    done
    ((MIN_INSTANCES <= MAX_INSTANCES)) \
        || die "MIN_INSTANCES: expected at most MAX_INSTANCES, $MAX_INSTANCES, got $MIN_INSTANCES"
    ((CONCURRENCY >= 1 && CONCURRENCY <= 1000)) \
        || die "CONCURRENCY: expected 1 to 1000, got $CONCURRENCY"
    check_size MEMORY CPU
    check_size PUBLISH_MEMORY PUBLISH_CPU
    local AUDIENCE_CPU=1
    check_size AUDIENCE_MEMORY AUDIENCE_CPU
}

# check_size MEMORY CPU: checks that an instance may have this memory with these processors. Fewer than
# one processor would allow only one request at a time, which is too few for any of the functions.
check_size() {
    local least most mb
    check_pattern "$1" '[1-9][0-9]*[MG]i' 'a size like 512Mi or 2Gi'
    check_pattern "$2" '1|2|4|6|8' '1, 2, 4, 6 or 8 processors'
    mb=$(megabytes "${!1}")
    case ${!2} in
        1) least=512 most=4096 ;;
        2) least=512 most=8192 ;;
        4) least=2048 most=16384 ;;
        6) least=4096 most=24576 ;;
        8) least=4096 most=32768 ;;
    esac
    ((mb >= least && mb <= most)) \
        || die "$1: with $2=${!2} expected ${least}Mi to ${most}Mi, got ${!1}: Cloud Run has no such instance"
}

megabytes() {
    case $1 in
        *Gi) echo $((${1%Gi} * 1024)) ;;
        *) echo "${1%Mi}" ;;
    esac
}
