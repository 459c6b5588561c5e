#!/usr/bin/env escript
%% A TLS client or server on Erlang/OTP's ssl.
%%
%%   escript peer.escript client HOST PORT key=value...   escript peer.escript server PORT key=value...
%%
%% name=, ca=, chain=, key=, versions= tlsv1.2 or tlsv1.3 (comma), verify= none, ask= want or need.

main(["client", Host, Port | Words]) ->
    start(),
    Set = settings(Words),
    Name = proplists:get_value(name, Set, Host),
    Result = ssl:connect(Host, list_to_integer(Port),
                         [{server_name_indication, Name}, {active, false}
                          | common(Set)], 10000),
    case Result of
        {ok, Socket} ->
            ok = ssl:send(Socket, "GET / HTTP/1.0\r\n\r\n"),
            io:format("~p~n", [ssl:recv(Socket, 0, 5000)]),
            ssl:close(Socket);
        Failure ->
            io:format(standard_error, "~p~n", [Failure])
    end;
main(["server", Port | Words]) ->
    start(),
    {ok, Listener} = ssl:listen(list_to_integer(Port),
                                [{reuseaddr, true}, {active, false} | common(settings(Words))]),
    serve(Listener).

start() ->
    logger:set_primary_config(level, none),
    {ok, _} = application:ensure_all_started(ssl).

settings(Words) ->
    [begin [Key, Value] = string:split(Word, "="), {list_to_atom(Key), Value} end
     || Word <- Words].

common(Set) ->
    lists:append([option(Key, Value) || {Key, Value} <- Set]) ++
        case lists:keymember(verify, 1, Set) orelse lists:keymember(ask, 1, Set) of
            true -> [];
            false -> [{verify, case lists:keymember(ca, 1, Set) of
                                   true -> verify_peer;
                                   false -> verify_none
                               end}]
        end.

option(ca, File) -> [{cacertfile, File}];
option(chain, File) -> [{certfile, File}];
option(key, File) -> [{keyfile, File}];
option(versions, List) ->
    [{versions, [list_to_atom(Version) || Version <- string:tokens(List, ",")]}];
option(verify, "none") -> [{verify, verify_none}];
option(ask, "want") -> [{verify, verify_peer}];
option(ask, "need") -> [{verify, verify_peer}, {fail_if_no_peer_cert, true}];
option(name, _) -> [].

serve(Listener) ->
    {ok, Waiting} = ssl:transport_accept(Listener),
    case ssl:handshake(Waiting, 10000) of
        {ok, Socket} ->
            ssl:recv(Socket, 0, 5000),
            ssl:send(Socket, "HTTP/1.0 200 OK\r\n\r\nhello\n"),
            ssl:close(Socket);
        Failure ->
            io:format(standard_error, "~p~n", [Failure])
    end,
    serve(Listener).
