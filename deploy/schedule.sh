# shellcheck shell=bash
# The schedule: how far apart builds are.

# max_age_s CRON: seconds after which a catalog is stale, twice the longest time between two builds
# and never less than an hour. Nothing for a schedule that is not five fields.
max_age_s() {
    local minute hour day month weekday rest gap_s
    read -r minute hour day month weekday rest <<<"$1"
    [[ ${weekday-} && -z $rest ]] || return 0
    if [[ $month != '*' ]]; then
        gap_s=$((366 * 86400))
    elif [[ $weekday != '*' ]]; then
        gap_s=$((7 * 86400))
    elif [[ $day != '*' ]]; then
        gap_s=$((31 * 86400))
    elif [[ $hour =~ ^\*/([0-9]+)$ ]]; then
        gap_s=$((BASH_REMATCH[1] * 3600))
    elif [[ $hour =~ ^[0-9]+(,[0-9]+)+$ ]]; then
        gap_s=$(($(longest_gap_h "$hour") * 3600))
    elif [[ $hour != '*' ]]; then
        gap_s=86400
    elif [[ $minute =~ ^\*/([0-9]+)$ ]]; then
        gap_s=$((BASH_REMATCH[1] * 60))
    else
        gap_s=3600
    fi
    echo $((gap_s > 1800 ? 2 * gap_s : 3600))
}

# longest_gap_h H,H,...: the longest time between two of these hours of a day.
longest_gap_h() {
    local hours hour before longest=0
    hours=$(tr , '\n' <<<"$1" | sed 's/^0*\(.\)/\1/' | sort -n)
    before=$(($(tail -n 1 <<<"$hours") - 24))
    for hour in $hours; do
        ((hour - before <= longest)) || longest=$((hour - before))
        before=$hour
    done
    echo "$longest"
}
