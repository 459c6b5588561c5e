# bash completion for tlswhy

_tlswhy()
{
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local IFS=$'\n'
    COMPREPLY=()
    case $previous in
    -i | --interface)
        COMPREPLY=($(compgen -W "$(tlswhy -D 2>/dev/null | sed 's/^[0-9]*\.\([^ ]*\).*/\1/')" -- "$current"))
        return
        ;;
    --explain)
        COMPREPLY=($(compgen -W "$(tlswhy --list-causes 2>/dev/null | sed 's/ .*//')" -- "$current"))
        return
        ;;
    --fail-on | --allow)
        COMPREPLY=($(compgen -W "$(printf '%s\n' failed incomplete established not_tls warning \
            below-tls1.1 below-tls1.2 below-tls1.3)
$(tlswhy --list-causes 2>/dev/null | sed 's/ .*//')" -- "$current"))
        return
        ;;
    --color)
        COMPREPLY=($(compgen -W $'auto\nalways\nnever' -- "$current"))
        return
        ;;
    --format)
        COMPREPLY=($(compgen -W $'text\njson\nzeek' -- "$current"))
        return
        ;;
    --at)
        COMPREPLY=($(compgen -W $'now\npacket' -- "$current"))
        return
        ;;
    --check)
        compopt -o filenames
        COMPREPLY=($(compgen -d -- "$current"))
        return
        ;;
    -Z)
        COMPREPLY=($(compgen -u -- "$current"))
        return
        ;;
    -f | --tls-port | -s | -B | --handshake-timeout | --metrics | -c | -a | -C | -G | --memory | --connections)
        return
        ;;
    esac
    case $current in
    -*)
        COMPREPLY=($(compgen -W "$(printf '%s\n' -a -B -c -C -D -f -G -h -i -k -n -p -q -r -s -v -w -Z \
            --all --allow --at --ca-file --check --color --connections --diff --explain --fail-on --format \
            --handshake-timeout --help --html --immediate-mode --interface --json --junit --keylog \
            --list-causes --list-interfaces --memory --metrics --no-sandbox --output --progress --quiet \
            --sarif --strict --summary --tls-port --update --verbose --version --wait)" -- "$current"))
        ;;
    *)
        compopt -o filenames
        COMPREPLY=($(compgen -f -- "$current"))
        ;;
    esac
}
complete -F _tlswhy tlswhy
