// SPDX-License-Identifier: Apache-2.0

import type { MemberFinding } from '../../model/index.js';

/** What a real etcd printed last, shortened to what tells and what stands around it. */
export interface LastWords {
  readonly source: '3.4 capnslog' | '3.4 zap' | '3.5';
  readonly finding: MemberFinding;
  readonly code: number;
  readonly lines: readonly string[];
}

/** Recorded from etcd 3.4.23, with both of its loggers, and 3.5.16. */
export const lastWords: readonly LastWords[] = [
  {
    source: '3.4 capnslog',
    finding: 'removed',
    code: 0,
    lines: [
      '2026-11-24 12:56:17.928652 W | rafthttp: lost the TCP streaming connection with peer 15a92e8902bdae29 (stream MsgApp v2 reader)',
      '2026-11-24 12:56:17.929313 E | rafthttp: failed to dial 15a92e8902bdae29 on stream MsgApp v2 (the member has been permanently removed from the cluster)',
      '2026-11-24 12:56:17.929352 E | etcdserver: the member has been permanently removed from the cluster',
      '2026-11-24 12:56:17.940232 E | rafthttp: failed to find member 15a92e8902bdae29 in cluster d7701bd9af2b8768',
    ],
  },
  {
    source: '3.4 capnslog',
    finding: 'amnesiac',
    code: 2,
    lines: [
      'raft2026/11/24 12:56:16 INFO: b993cebf7e569f9c became follower at term 2',
      'raft2026/11/24 12:56:16 tocommit(8) is out of range [lastIndex(0)]. Was the raft log corrupted, truncated, or lost?',
      'panic: tocommit(8) is out of range [lastIndex(0)]. Was the raft log corrupted, truncated, or lost?',
      '\tgo.etcd.io/etcd/raft/node.go:354 +0xa05',
      'created by go.etcd.io/etcd/raft.RestartNode',
      '\tgo.etcd.io/etcd/raft/node.go:242 +0x24a',
    ],
  },
  {
    source: '3.4 capnslog',
    finding: 'bootstrapped',
    code: 1,
    lines: [
      '2026-11-24 12:55:19.466101 I | embed: advertise client URLs = http://127.81.0.3:2379',
      '2026-11-24 12:55:19.469231 C | etcdmain: member b993cebf7e569f9c has already been bootstrapped',
    ],
  },
  {
    source: '3.4 capnslog',
    finding: 'stale-list',
    code: 1,
    lines: [
      '2026-11-24 12:55:19.498080 I | embed: advertise client URLs = http://127.81.0.3:2379',
      '2026-11-24 12:55:19.508471 C | etcdmain: error validating peerURLs {ClusterID:d7701bd9af2b8768 Members:[&{ID:54a9eefaaf74bba9 RaftAttributes:{PeerURLs:[http://127.81.0.2:2380] IsLearner:false} Attributes:{Name:m2 ClientURLs:[http://127.81.0.2:2379]}} &{ID:b993cebf7e569f9c RaftAttributes:{PeerURLs:[http://127.81.0.3:2380] IsLearner:false} Attributes:{Name:m3 ClientURLs:[http://127.81.0.3:2379]}} &{ID:15a92e8902bdae29 RaftAttributes:{PeerURLs:[http://127.81.0.1:2380] IsLearner:false} Attributes:{Name:m1 ClientURLs:[http://127.81.0.1:2379]}}] RemovedMemberIDs:[]}: member count is unequal',
    ],
  },
  {
    source: '3.4 capnslog',
    finding: 'stale-list',
    code: 1,
    lines: [
      '2026-11-24 12:55:19.550475 I | embed: advertise client URLs = http://127.81.0.3:2379',
      '2026-11-24 12:55:19.555135 C | etcdmain: error validating peerURLs {ClusterID:d7701bd9af2b8768 Members:[&{ID:15a92e8902bdae29 RaftAttributes:{PeerURLs:[http://127.81.0.1:2380] IsLearner:false} Attributes:{Name:m1 ClientURLs:[http://127.81.0.1:2379]}} &{ID:54a9eefaaf74bba9 RaftAttributes:{PeerURLs:[http://127.81.0.2:2380] IsLearner:false} Attributes:{Name:m2 ClientURLs:[http://127.81.0.2:2379]}} &{ID:b993cebf7e569f9c RaftAttributes:{PeerURLs:[http://127.81.0.3:2380] IsLearner:false} Attributes:{Name:m3 ClientURLs:[http://127.81.0.3:2379]}}] RemovedMemberIDs:[]}: PeerURLs: no match found for existing member (54a9eefaaf74bba9, [http://127.81.0.2:2380]), last resolver error (resolved urls: "http://127.81.0.2:2380" != "http://127.81.0.9:2380")',
    ],
  },
  {
    source: '3.4 capnslog',
    finding: 'no-peers',
    code: 1,
    lines: [
      '2026-11-24 12:55:19.583499 I | embed: advertise client URLs = http://127.81.0.4:2379',
      '2026-11-24 12:55:19.596306 W | etcdserver: could not get cluster response from http://127.81.0.8:2380: Get "http://127.81.0.8:2380/members": dial tcp 127.81.0.8:2380: connect: connection refused',
      '2026-11-24 12:55:19.598016 C | etcdmain: cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs',
    ],
  },
  {
    source: '3.4 capnslog',
    finding: 'stale-list',
    code: 1,
    lines: [
      '2026-11-24 12:55:19.635756 I | embed: advertise client URLs = http://127.81.0.4:2379',
      '2026-11-24 12:55:19.640036 C | etcdmain: couldn\'t find local name "m4" in the initial cluster configuration',
    ],
  },
  {
    source: '3.4 capnslog',
    finding: 'refused-flags',
    code: 1,
    lines: [
      '2026-11-24 12:55:19.673703 I | pkg/flags: recognized and used environment variable ETCD_NAME=m4',
      '2026-11-24 12:55:19.673738 E | etcdmain: error verifying flags, invalid value "abc" for ETCD_HEARTBEAT_INTERVAL: parse error. See \'etcd --help\'.',
    ],
  },
  {
    source: '3.4 capnslog',
    finding: 'refused-flags',
    code: 1,
    lines: [
      "[WARNING] Deprecated '--logger=capnslog' flag is set; use '--logger=zap' flag instead",
      "2026-11-24 12:55:19.701613 E | etcdmain: error verifying flags, --election-timeout[10ms] should be at least as 5 times as --heartbeat-interval[100ms]. See 'etcd --help'.",
    ],
  },
  {
    source: '3.4 capnslog',
    finding: 'refused-flags',
    code: 1,
    lines: [
      "[WARNING] Deprecated '--logger=capnslog' flag is set; use '--logger=zap' flag instead",
      "2026-11-24 12:56:16.346217 E | etcdmain: error verifying flags, expected IP in URL for binding (http://nosuch.example:2380). See 'etcd --help'.",
    ],
  },
  {
    source: '3.4 capnslog',
    finding: 'port-taken',
    code: 1,
    lines: [
      "[WARNING] Deprecated '--logger=capnslog' flag is set; use '--logger=zap' flag instead",
      '2026-11-24 12:56:16.422631 C | etcdmain: listen tcp 10.99.99.99:2380: bind: cannot assign requested address',
    ],
  },
  {
    source: '3.4 capnslog',
    finding: 'port-taken',
    code: 1,
    lines: [
      "[WARNING] Deprecated '--logger=capnslog' flag is set; use '--logger=zap' flag instead",
      '2026-11-24 12:56:16.281869 C | etcdmain: listen tcp 127.81.0.1:2380: bind: address already in use',
    ],
  },
  {
    source: '3.4 capnslog',
    finding: 'damaged',
    code: 1,
    lines: [
      '2026-11-24 12:56:18.283648 I | embed: initial cluster = ',
      '2026-11-24 12:56:18.285655 C | etcdmain: walpb: crc mismatch',
    ],
  },
  {
    source: '3.4 capnslog',
    finding: 'damaged',
    code: 2,
    lines: [
      '2026-11-24 12:56:18.570131 I | embed: initial cluster = ',
      '2026-11-24 12:56:18.570798 C | mvcc/backend: cannot open database at /var/lib/etcd/d1/member/snap/db (invalid database)',
      'panic: cannot open database at /var/lib/etcd/d1/member/snap/db (invalid database)',
      '\tgo.etcd.io/etcd/etcdserver/backend.go:73 +0x12a',
    ],
  },
  {
    source: '3.4 zap',
    finding: 'bootstrapped',
    code: 1,
    lines: [
      '{"level":"info","ts":"2026-11-24T12:56:19.909Z","caller":"embed/etcd.go:375","msg":"closed etcd server","name":"m3","data-dir":"/var/lib/etcd/d3","advertise-peer-urls":["http://127.82.0.3:2380"],"advertise-client-urls":["http://127.82.0.3:2379"]}',
      '{"level":"warn","ts":"2026-11-24T12:56:19.910Z","caller":"etcdmain/etcd.go:176","msg":"failed to start etcd","error":"member aa3c616052fb9d6c has already been bootstrapped"}',
      '{"level":"fatal","ts":"2026-11-24T12:56:19.912Z","caller":"etcdmain/etcd.go:271","msg":"discovery failed","error":"member aa3c616052fb9d6c has already been bootstrapped"}',
    ],
  },
  {
    source: '3.4 zap',
    finding: 'stale-list',
    code: 1,
    lines: [
      '{"level":"info","ts":"2026-11-24T12:56:19.956Z","caller":"embed/etcd.go:375","msg":"closed etcd server","name":"m3","data-dir":"/var/lib/etcd/d3","advertise-peer-urls":["http://127.82.0.3:2380"],"advertise-client-urls":["http://127.82.0.3:2379"]}',
      '{"level":"warn","ts":"2026-11-24T12:56:19.958Z","caller":"etcdmain/etcd.go:176","msg":"failed to start etcd","error":"error validating peerURLs {ClusterID:e8c898e2b95c1abc Members:[&{ID:3a87de4a72e1003e RaftAttributes:{PeerURLs:[http://127.82.0.2:2380] IsLearner:false} Attributes:{Name:m2 ClientURLs:[http://127.82.0.2:2379]}} &{ID:aa3c616052fb9d6c RaftAttributes:{PeerURLs:[http://127.82.0.3:2380] IsLearner:false} Attributes:{Name:m3 ClientURLs:[http://127.82.0.3:2379]}} &{ID:d713040ede640808 RaftAttributes:{PeerURLs:[http://127.82.0.1:2380] IsLearner:false} Attributes:{Name:m1 ClientURLs:[http://127.82.0.1:2379]}}] RemovedMemberIDs:[]}: member count is unequal"}',
      '{"level":"fatal","ts":"2026-11-24T12:56:19.958Z","caller":"etcdmain/etcd.go:271","msg":"discovery failed","error":"error validating peerURLs {ClusterID:e8c898e2b95c1abc Members:[&{ID:3a87de4a72e1003e RaftAttributes:{PeerURLs:[http://127.82.0.2:2380] IsLearner:false} Attributes:{Name:m2 ClientURLs:[http://127.82.0.2:2379]}} &{ID:aa3c616052fb9d6c RaftAttributes:{PeerURLs:[http://127.82.0.3:2380] IsLearner:false} Attributes:{Name:m3 ClientURLs:[http://127.82.0.3:2379]}} &{ID:d713040ede640808 RaftAttributes:{PeerURLs:[http://127.82.0.1:2380] IsLearner:false} Attributes:{Name:m1 ClientURLs:[http://127.82.0.1:2379]}}] RemovedMemberIDs:[]}: member count is unequal"}',
    ],
  },
  {
    source: '3.4 zap',
    finding: 'stale-list',
    code: 1,
    lines: [
      '{"level":"info","ts":"2026-11-24T12:56:20.019Z","caller":"embed/etcd.go:375","msg":"closed etcd server","name":"m3","data-dir":"/var/lib/etcd/d3","advertise-peer-urls":["http://127.82.0.3:2380"],"advertise-client-urls":["http://127.82.0.3:2379"]}',
      '{"level":"warn","ts":"2026-11-24T12:56:20.020Z","caller":"etcdmain/etcd.go:176","msg":"failed to start etcd","error":"error validating peerURLs {ClusterID:e8c898e2b95c1abc Members:[&{ID:d713040ede640808 RaftAttributes:{PeerURLs:[http://127.82.0.1:2380] IsLearner:false} Attributes:{Name:m1 ClientURLs:[http://127.82.0.1:2379]}} &{ID:3a87de4a72e1003e RaftAttributes:{PeerURLs:[http://127.82.0.2:2380] IsLearner:false} Attributes:{Name:m2 ClientURLs:[http://127.82.0.2:2379]}} &{ID:aa3c616052fb9d6c RaftAttributes:{PeerURLs:[http://127.82.0.3:2380] IsLearner:false} Attributes:{Name:m3 ClientURLs:[http://127.82.0.3:2379]}}] RemovedMemberIDs:[]}: PeerURLs: no match found for existing member (3a87de4a72e1003e, [http://127.82.0.2:2380]), last resolver error (resolved urls: \\"http://127.82.0.2:2380\\" != \\"http://127.82.0.1:2380\\")"}',
      '{"level":"fatal","ts":"2026-11-24T12:56:20.020Z","caller":"etcdmain/etcd.go:271","msg":"discovery failed","error":"error validating peerURLs {ClusterID:e8c898e2b95c1abc Members:[&{ID:d713040ede640808 RaftAttributes:{PeerURLs:[http://127.82.0.1:2380] IsLearner:false} Attributes:{Name:m1 ClientURLs:[http://127.82.0.1:2379]}} &{ID:3a87de4a72e1003e RaftAttributes:{PeerURLs:[http://127.82.0.2:2380] IsLearner:false} Attributes:{Name:m2 ClientURLs:[http://127.82.0.2:2379]}} &{ID:aa3c616052fb9d6c RaftAttributes:{PeerURLs:[http://127.82.0.3:2380] IsLearner:false} Attributes:{Name:m3 ClientURLs:[http://127.82.0.3:2379]}}] RemovedMemberIDs:[]}: PeerURLs: no match found for existing member (3a87de4a72e1003e, [http://127.82.0.2:2380]), last resolver error (resolved urls: \\"http://127.82.0.2:2380\\" != \\"http://127.82.0.1:2380\\")"}',
    ],
  },
  {
    source: '3.4 zap',
    finding: 'no-peers',
    code: 1,
    lines: [
      '{"level":"info","ts":"2026-11-24T12:56:20.055Z","caller":"embed/etcd.go:375","msg":"closed etcd server","name":"m4","data-dir":"/var/lib/etcd/d4","advertise-peer-urls":["http://127.82.0.4:2380"],"advertise-client-urls":["http://127.82.0.4:2379"]}',
      '{"level":"warn","ts":"2026-11-24T12:56:20.056Z","caller":"etcdmain/etcd.go:176","msg":"failed to start etcd","error":"cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs"}',
      '{"level":"fatal","ts":"2026-11-24T12:56:20.056Z","caller":"etcdmain/etcd.go:271","msg":"discovery failed","error":"cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs"}',
    ],
  },
  {
    source: '3.4 zap',
    finding: 'stale-list',
    code: 1,
    lines: [
      '{"level":"info","ts":"2026-11-24T12:56:20.106Z","caller":"embed/etcd.go:375","msg":"closed etcd server","name":"m4","data-dir":"/var/lib/etcd/d4","advertise-peer-urls":["http://127.82.0.4:2380"],"advertise-client-urls":["http://127.82.0.4:2379"]}',
      '{"level":"warn","ts":"2026-11-24T12:56:20.112Z","caller":"etcdmain/etcd.go:176","msg":"failed to start etcd","error":"couldn\'t find local name \\"m4\\" in the initial cluster configuration"}',
      '{"level":"fatal","ts":"2026-11-24T12:56:20.112Z","caller":"etcdmain/etcd.go:271","msg":"discovery failed","error":"couldn\'t find local name \\"m4\\" in the initial cluster configuration"}',
    ],
  },
  {
    source: '3.4 zap',
    finding: 'refused-flags',
    code: 1,
    lines: [
      '2026-11-24 12:56:20.158504 I | pkg/flags: recognized and used environment variable ETCD_NAME=m4',
      '2026-11-24 12:56:20.158532 E | etcdmain: error verifying flags, invalid value "abc" for ETCD_HEARTBEAT_INTERVAL: parse error. See \'etcd --help\'.',
    ],
  },
  {
    source: '3.4 zap',
    finding: 'refused-flags',
    code: 1,
    lines: [
      '2026-11-24 12:56:20.183416 I | pkg/flags: recognized and used environment variable ETCD_NAME=m4',
      '{"level":"warn","ts":"2026-11-24T12:56:20.183Z","caller":"etcdmain/etcd.go:66","msg":"failed to verify flags","error":"--election-timeout[10ms] should be at least as 5 times as --heartbeat-interval[100ms]"}',
    ],
  },
  {
    source: '3.4 zap',
    finding: 'refused-flags',
    code: 1,
    lines: [
      '2026-11-24 12:56:41.358576 I | pkg/flags: recognized and used environment variable ETCD_NAME=m4',
      '{"level":"warn","ts":"2026-11-24T12:56:41.358Z","caller":"etcdmain/etcd.go:66","msg":"failed to verify flags","error":"expected IP in URL for binding (http://nosuch.example:2380)"}',
    ],
  },
  {
    source: '3.4 zap',
    finding: 'port-taken',
    code: 1,
    lines: [
      '{"level":"info","ts":"2026-11-24T12:56:41.393Z","caller":"embed/etcd.go:375","msg":"closed etcd server","name":"m4","data-dir":"/var/lib/etcd/d4","advertise-peer-urls":["http://127.82.0.4:2380"],"advertise-client-urls":["http://127.82.0.4:2379"]}',
      '{"level":"warn","ts":"2026-11-24T12:56:41.393Z","caller":"etcdmain/etcd.go:176","msg":"failed to start etcd","error":"listen tcp 10.99.99.99:2380: bind: cannot assign requested address"}',
      '{"level":"fatal","ts":"2026-11-24T12:56:41.393Z","caller":"etcdmain/etcd.go:271","msg":"discovery failed","error":"listen tcp 10.99.99.99:2380: bind: cannot assign requested address"}',
    ],
  },
  {
    source: '3.4 zap',
    finding: 'port-taken',
    code: 1,
    lines: [
      '{"level":"info","ts":"2026-11-24T12:56:41.311Z","caller":"embed/etcd.go:375","msg":"closed etcd server","name":"m4","data-dir":"/var/lib/etcd/d4","advertise-peer-urls":["http://127.82.0.1:2380"],"advertise-client-urls":["http://127.82.0.4:2379"]}',
      '{"level":"warn","ts":"2026-11-24T12:56:41.312Z","caller":"etcdmain/etcd.go:176","msg":"failed to start etcd","error":"listen tcp 127.82.0.1:2380: bind: address already in use"}',
      '{"level":"fatal","ts":"2026-11-24T12:56:41.312Z","caller":"etcdmain/etcd.go:271","msg":"discovery failed","error":"listen tcp 127.82.0.1:2380: bind: address already in use"}',
    ],
  },
  {
    source: '3.5',
    finding: 'removed',
    code: 0,
    lines: [
      '{"level":"warn","ts":"2026-11-24T12:56:18.350884Z","caller":"rafthttp/stream.go:421","msg":"lost TCP streaming connection with remote peer","stream-reader-type":"stream Message","local-member-id":"7e95380ddf3a2923","remote-peer-id":"a612b8e374f9cd9","error":"EOF"}',
      '{"level":"warn","ts":"2026-11-24T12:56:18.351559Z","caller":"rafthttp/peer_status.go:66","msg":"peer became inactive (message send to peer failed)","peer-id":"a612b8e374f9cd9","error":"failed to dial a612b8e374f9cd9 on stream Message (the member has been permanently removed from the cluster)"}',
      '{"level":"warn","ts":"2026-11-24T12:56:18.351601Z","caller":"etcdserver/server.go:1154","msg":"server error","error":"the member has been permanently removed from the cluster"}',
      '{"level":"info","ts":"2026-11-24T12:56:18.362571Z","caller":"rafthttp/peer.go:335","msg":"stopped remote peer","remote-peer-id":"a612b8e374f9cd9"}',
    ],
  },
  {
    source: '3.5',
    finding: 'amnesiac',
    code: 2,
    lines: [
      '{"level":"info","ts":"2026-11-24T12:56:16.659718Z","logger":"raft","caller":"etcdserver/zap_raft.go:77","msg":"835ff1864779a9db became follower at term 2"}',
      '{"level":"panic","ts":"2026-11-24T12:56:16.659731Z","logger":"raft","caller":"etcdserver/zap_raft.go:101","msg":"tocommit(11) is out of range [lastIndex(0)]. Was the raft log corrupted, truncated, or lost?"}',
      'panic: tocommit(11) is out of range [lastIndex(0)]. Was the raft log corrupted, truncated, or lost?',
      '\tgo.etcd.io/etcd/raft/node.go:356 +0x925',
      'created by go.etcd.io/etcd/raft.RestartNode in goroutine 1',
      '\tgo.etcd.io/etcd/raft/node.go:244 +0x239',
    ],
  },
  {
    source: '3.5',
    finding: 'bootstrapped',
    code: 1,
    lines: [
      '{"level":"info","ts":"2026-11-24T12:55:19.141612Z","caller":"embed/etcd.go:380","msg":"closed etcd server","name":"m3","data-dir":"/var/lib/etcd/d3","advertise-peer-urls":["http://127.83.0.3:2380"],"advertise-client-urls":["http://127.83.0.3:2379"]}',
      '{"level":"warn","ts":"2026-11-24T12:55:19.141973Z","caller":"etcdmain/etcd.go:146","msg":"failed to start etcd","error":"member 835ff1864779a9db has already been bootstrapped"}',
      '{"level":"fatal","ts":"2026-11-24T12:55:19.142002Z","caller":"etcdmain/etcd.go:204","msg":"discovery failed","error":"member 835ff1864779a9db has already been bootstrapped"}',
    ],
  },
  {
    source: '3.5',
    finding: 'stale-list',
    code: 1,
    lines: [
      '{"level":"info","ts":"2026-11-24T12:55:19.173781Z","caller":"embed/etcd.go:380","msg":"closed etcd server","name":"m3","data-dir":"/var/lib/etcd/d3","advertise-peer-urls":["http://127.83.0.3:2380"],"advertise-client-urls":["http://127.83.0.3:2379"]}',
      '{"level":"warn","ts":"2026-11-24T12:55:19.174133Z","caller":"etcdmain/etcd.go:146","msg":"failed to start etcd","error":"error validating peerURLs {ClusterID:6500d19983d17f00 Members:[&{ID:a612b8e374f9cd9 RaftAttributes:{PeerURLs:[http://127.83.0.1:2380] IsLearner:false} Attributes:{Name:m1 ClientURLs:[http://127.83.0.1:2379]}} &{ID:7e95380ddf3a2923 RaftAttributes:{PeerURLs:[http://127.83.0.2:2380] IsLearner:false} Attributes:{Name:m2 ClientURLs:[http://127.83.0.2:2379]}} &{ID:835ff1864779a9db RaftAttributes:{PeerURLs:[http://127.83.0.3:2380] IsLearner:false} Attributes:{Name:m3 ClientURLs:[http://127.83.0.3:2379]}}] RemovedMemberIDs:[]}: member count is unequal"}',
      '{"level":"fatal","ts":"2026-11-24T12:55:19.174161Z","caller":"etcdmain/etcd.go:204","msg":"discovery failed","error":"error validating peerURLs {ClusterID:6500d19983d17f00 Members:[&{ID:a612b8e374f9cd9 RaftAttributes:{PeerURLs:[http://127.83.0.1:2380] IsLearner:false} Attributes:{Name:m1 ClientURLs:[http://127.83.0.1:2379]}} &{ID:7e95380ddf3a2923 RaftAttributes:{PeerURLs:[http://127.83.0.2:2380] IsLearner:false} Attributes:{Name:m2 ClientURLs:[http://127.83.0.2:2379]}} &{ID:835ff1864779a9db RaftAttributes:{PeerURLs:[http://127.83.0.3:2380] IsLearner:false} Attributes:{Name:m3 ClientURLs:[http://127.83.0.3:2379]}}] RemovedMemberIDs:[]}: member count is unequal"}',
    ],
  },
  {
    source: '3.5',
    finding: 'stale-list',
    code: 1,
    lines: [
      '{"level":"info","ts":"2026-11-24T12:55:19.213528Z","caller":"embed/etcd.go:380","msg":"closed etcd server","name":"m3","data-dir":"/var/lib/etcd/d3","advertise-peer-urls":["http://127.83.0.3:2380"],"advertise-client-urls":["http://127.83.0.3:2379"]}',
      '{"level":"warn","ts":"2026-11-24T12:55:19.213835Z","caller":"etcdmain/etcd.go:146","msg":"failed to start etcd","error":"error validating peerURLs {ClusterID:6500d19983d17f00 Members:[&{ID:7e95380ddf3a2923 RaftAttributes:{PeerURLs:[http://127.83.0.2:2380] IsLearner:false} Attributes:{Name:m2 ClientURLs:[http://127.83.0.2:2379]}} &{ID:835ff1864779a9db RaftAttributes:{PeerURLs:[http://127.83.0.3:2380] IsLearner:false} Attributes:{Name:m3 ClientURLs:[http://127.83.0.3:2379]}} &{ID:a612b8e374f9cd9 RaftAttributes:{PeerURLs:[http://127.83.0.1:2380] IsLearner:false} Attributes:{Name:m1 ClientURLs:[http://127.83.0.1:2379]}}] RemovedMemberIDs:[]}: PeerURLs: no match found for existing member (7e95380ddf3a2923, [http://127.83.0.2:2380]), last resolver error (resolved urls: \\"http://127.83.0.2:2380\\" != \\"http://127.83.0.3:2380\\")"}',
      '{"level":"fatal","ts":"2026-11-24T12:55:19.213864Z","caller":"etcdmain/etcd.go:204","msg":"discovery failed","error":"error validating peerURLs {ClusterID:6500d19983d17f00 Members:[&{ID:7e95380ddf3a2923 RaftAttributes:{PeerURLs:[http://127.83.0.2:2380] IsLearner:false} Attributes:{Name:m2 ClientURLs:[http://127.83.0.2:2379]}} &{ID:835ff1864779a9db RaftAttributes:{PeerURLs:[http://127.83.0.3:2380] IsLearner:false} Attributes:{Name:m3 ClientURLs:[http://127.83.0.3:2379]}} &{ID:a612b8e374f9cd9 RaftAttributes:{PeerURLs:[http://127.83.0.1:2380] IsLearner:false} Attributes:{Name:m1 ClientURLs:[http://127.83.0.1:2379]}}] RemovedMemberIDs:[]}: PeerURLs: no match found for existing member (7e95380ddf3a2923, [http://127.83.0.2:2380]), last resolver error (resolved urls: \\"http://127.83.0.2:2380\\" != \\"http://127.83.0.3:2380\\")"}',
    ],
  },
  {
    source: '3.5',
    finding: 'no-peers',
    code: 1,
    lines: [
      '{"level":"info","ts":"2026-11-24T12:55:19.250799Z","caller":"embed/etcd.go:380","msg":"closed etcd server","name":"m4","data-dir":"/var/lib/etcd/d4","advertise-peer-urls":["http://127.83.0.4:2380"],"advertise-client-urls":["http://127.83.0.4:2379"]}',
      '{"level":"warn","ts":"2026-11-24T12:55:19.255877Z","caller":"etcdmain/etcd.go:146","msg":"failed to start etcd","error":"cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs"}',
      '{"level":"fatal","ts":"2026-11-24T12:55:19.255925Z","caller":"etcdmain/etcd.go:204","msg":"discovery failed","error":"cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs"}',
    ],
  },
  {
    source: '3.5',
    finding: 'stale-list',
    code: 1,
    lines: [
      '{"level":"info","ts":"2026-11-24T12:55:19.308079Z","caller":"embed/etcd.go:380","msg":"closed etcd server","name":"m4","data-dir":"/var/lib/etcd/d4","advertise-peer-urls":["http://127.83.0.4:2380"],"advertise-client-urls":["http://127.83.0.4:2379"]}',
      '{"level":"warn","ts":"2026-11-24T12:55:19.311426Z","caller":"etcdmain/etcd.go:146","msg":"failed to start etcd","error":"couldn\'t find local name \\"m4\\" in the initial cluster configuration"}',
      '{"level":"fatal","ts":"2026-11-24T12:55:19.311466Z","caller":"etcdmain/etcd.go:204","msg":"discovery failed","error":"couldn\'t find local name \\"m4\\" in the initial cluster configuration"}',
    ],
  },
  {
    source: '3.5',
    finding: 'refused-flags',
    code: 1,
    lines: [
      '{"level":"info","ts":"2026-11-24T12:55:19.344210Z","caller":"etcdmain/etcd.go:73","msg":"Running: ","args":["/usr/bin/etcd"]}',
      '{"level":"warn","ts":"2026-11-24T12:55:19.344229Z","caller":"etcdmain/etcd.go:75","msg":"failed to verify flags","error":"invalid value \\"abc\\" for ETCD_HEARTBEAT_INTERVAL: parse error"}',
    ],
  },
  {
    source: '3.5',
    finding: 'refused-flags',
    code: 1,
    lines: [
      '{"level":"info","ts":"2026-11-24T12:55:19.371257Z","caller":"etcdmain/etcd.go:73","msg":"Running: ","args":["/usr/bin/etcd"]}',
      '{"level":"warn","ts":"2026-11-24T12:55:19.371272Z","caller":"etcdmain/etcd.go:75","msg":"failed to verify flags","error":"--election-timeout[10ms] should be at least as 5 times as --heartbeat-interval[100ms]"}',
    ],
  },
  {
    source: '3.5',
    finding: 'refused-flags',
    code: 1,
    lines: [
      '{"level":"info","ts":"2026-11-24T12:56:16.380268Z","caller":"etcdmain/etcd.go:73","msg":"Running: ","args":["/usr/bin/etcd"]}',
      '{"level":"warn","ts":"2026-11-24T12:56:16.380289Z","caller":"etcdmain/etcd.go:75","msg":"failed to verify flags","error":"expected IP in URL for binding (http://nosuch.example:2380)"}',
    ],
  },
  {
    source: '3.5',
    finding: 'port-taken',
    code: 1,
    lines: [
      '{"level":"info","ts":"2026-11-24T12:56:16.408279Z","caller":"embed/etcd.go:128","msg":"configuring peer listeners","listen-peer-urls":["http://10.99.99.99:2380"]}',
      '{"level":"error","ts":"2026-11-24T12:56:16.408447Z","caller":"embed/etcd.go:539","msg":"creating peer listener failed","error":"listen tcp 10.99.99.99:2380: bind: cannot assign requested address"}',
      '{"level":"warn","ts":"2026-11-24T12:56:16.409291Z","caller":"etcdmain/etcd.go:146","msg":"failed to start etcd","error":"listen tcp 10.99.99.99:2380: bind: cannot assign requested address"}',
      '{"level":"fatal","ts":"2026-11-24T12:56:16.409328Z","caller":"etcdmain/etcd.go:204","msg":"discovery failed","error":"listen tcp 10.99.99.99:2380: bind: cannot assign requested address"}',
    ],
  },
  {
    source: '3.5',
    finding: 'port-taken',
    code: 1,
    lines: [
      '{"level":"info","ts":"2026-11-24T12:56:16.276472Z","caller":"embed/etcd.go:128","msg":"configuring peer listeners","listen-peer-urls":["http://127.83.0.1:2380"]}',
      '{"level":"error","ts":"2026-11-24T12:56:16.276790Z","caller":"embed/etcd.go:539","msg":"creating peer listener failed","error":"listen tcp 127.83.0.1:2380: bind: address already in use"}',
      '{"level":"warn","ts":"2026-11-24T12:56:16.277696Z","caller":"etcdmain/etcd.go:146","msg":"failed to start etcd","error":"listen tcp 127.83.0.1:2380: bind: address already in use"}',
      '{"level":"fatal","ts":"2026-11-24T12:56:16.277737Z","caller":"etcdmain/etcd.go:204","msg":"discovery failed","error":"listen tcp 127.83.0.1:2380: bind: address already in use"}',
    ],
  },
  {
    source: '3.5',
    finding: 'damaged',
    code: 1,
    lines: [
      '{"level":"info","ts":"2026-11-24T12:56:18.857528Z","caller":"embed/etcd.go:380","msg":"closed etcd server","name":"m1","data-dir":"/var/lib/etcd/d1","advertise-peer-urls":["http://127.83.0.1:2380"],"advertise-client-urls":["http://127.83.0.1:2379"]}',
      '{"level":"fatal","ts":"2026-11-24T12:56:18.858122Z","caller":"etcdmain/etcd.go:204","msg":"discovery failed","error":"walpb: crc mismatch"}',
    ],
  },
  {
    source: '3.5',
    finding: 'damaged',
    code: 2,
    lines: [
      '{"level":"info","ts":"2026-11-24T12:56:19.077206Z","caller":"embed/etcd.go:311","msg":"starting an etcd server","etcd-version":"3.5.16","git-sha":"Not provided (use ./build instead of go build)","go-version":"go1.24.0","go-os":"linux","go-arch":"amd64","max-cpu-set":2,"max-cpu-available":2,"member-initialized":true,"name":"m1","data-dir":"/var/lib/etcd/d1","wal-dir":"","wal-dir-dedicated":"","member-dir":"/var/lib/etcd/d1/member","force-new-cluster":false,"heartbeat-interval":"100ms","election-timeout":"1s","initial-election-tick-advance":true,"snapshot-count":100000,"max-wals":5,"max-snapshots":5,"snapshot-catchup-entries":5000,"initial-advertise-peer-urls":["http://127.83.0.1:2380"],"listen-peer-urls":["http://127.83.0.1:2380"],"advertise-client-urls":["http://127.83.0.1:2379"],"listen-client-urls":["http://127.83.0.1:2379"],"listen-metrics-urls":[],"cors":["*"],"host-whitelist":["*"],"initial-cluster":"","initial-cluster-state":"existing","initial-cluster-token":"","quota-backend-bytes":2147483648,"max-request-bytes":1572864,"max-concurrent-streams":4294967295,"pre-vote":true,"initial-corrupt-check":false,"corrupt-check-time-interval":"0s","compact-check-time-enabled":false,"compact-check-time-interval":"1m0s","auto-compaction-mode":"periodic","auto-compaction-retention":"0s","auto-compaction-interval":"0s","discovery-url":"","discovery-proxy":"","downgrade-check-interval":"5s"}',
      '{"level":"panic","ts":"2026-11-24T12:56:19.089636Z","caller":"backend/backend.go:201","msg":"failed to open database","path":"/var/lib/etcd/d1/member/snap/db","error":"invalid database"}',
      '\tgo.etcd.io/etcd/server/etcdserver/backend.go:75 +0x15a',
    ],
  },
];
