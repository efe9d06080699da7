# shellcheck shell=bash
# Google's REST APIs, where gcloud has no command: asked through curl, as gcloud's account.

# ask_google VARIABLE ADDRESS [CURL-FLAG...]: the body of the answer. API_STATUS is its status, or
# "none" where there was no answer; fails unless that is 200.
ask_google() {
    local _variable=$1 _found=''
    API_STATUS=none
    asked _found curl_google "https://$2" "${@:3}" || return 1
    API_STATUS=${_found##*$'\n'}
    printf -v "$_variable" %s "${_found%$'\n'*}"
    [[ $API_STATUS == 200 ]]
}

# refusal BODY: why ask_google failed.
refusal() {
    local message
    message=$(sed -n 's/.*"message": *"\([^"]*\)".*/\1/p' <<<"$1" | head -n1)
    if [[ $API_STATUS == none ]]; then because; else echo "it answered $API_STATUS${message:+: $message}"; fi
}

# The token goes to curl through a pipe: what stands on a command line, others can read.
curl_google() {
    local token
    token=$(gcloud auth print-access-token) || return
    printf 'Authorization: Bearer %s\n' "$token" \
        | curl --silent --show-error --max-time 30 --write-out '\n%{http_code}' \
            --header @- --header "x-goog-user-project: $PROJECT" "${@:2}" "$1"
}
