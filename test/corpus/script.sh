#!/bin/bash
echo "$private_ipv4" > /etc/motd
