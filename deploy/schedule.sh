# shellcheck shell=bash
# Derives from the schedule of builds when a catalog is stale.

# max_age_s CRON: prints the seconds after which a catalog is stale: twice the longest time between two
# builds, at least an hour. Prints nothing for a schedule that does not have five fields.
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

# longest_gap_h H,H,...: prints the longest time in hours between two of these hours of a day.
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
