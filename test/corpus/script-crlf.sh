#!/bin/bash
echo ${private_ipv4}
