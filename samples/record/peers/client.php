<?php
// A page over HTTPS by PHP's streams: client.php [ca=roots.pem] [chain=own.pem key=own.pem]
$words = [];
foreach (array_slice($argv, 1) as $word) {
    [$name, $value] = explode('=', $word, 2);
    $words[$name] = $value;
}
$how = ['verify_peer' => isset($words['ca']), 'verify_peer_name' => isset($words['ca'])];
if (isset($words['ca'])) {
    $how['cafile'] = $words['ca'];
}
if (isset($words['chain'])) {
    $how += ['local_cert' => $words['chain'], 'local_pk' => $words['key']];
}
echo file_get_contents('https://server.example/', false, stream_context_create(['ssl' => $how]));
