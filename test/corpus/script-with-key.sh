#!/bin/bash
cat > /root/key <<EOF
-----BEGIN OPENSSH PRIVATE KEY-----
abc
EOF
