// SPDX-License-Identifier: Apache-2.0

/**
 * Every directive of unit files that systemd 252 (Debian 12) or 257 (Debian 13) knows, by section. Those that it knows
 * only in order to say that they are gone are among them: a unit may still hold them. Newer ones are told as unknown.
 *
 * Source: `systemd --dump-configuration-items` of both; a test holds the list against the systemd that is at hand.
 */
const unitNames = `
  After AllowIsolate AssertACPower AssertArchitecture AssertCPUFeature AssertCPUPressure AssertCPUs
  AssertCapability AssertControlGroupController AssertCredential AssertDirectoryNotEmpty
  AssertEnvironment AssertFileIsExecutable AssertFileNotEmpty AssertFirstBoot AssertGroup AssertHost
  AssertIOPressure AssertKernelCommandLine AssertKernelVersion AssertMemory AssertMemoryPressure
  AssertNeedsUpdate AssertOSRelease AssertPathExists AssertPathExistsGlob AssertPathIsDirectory
  AssertPathIsEncrypted AssertPathIsMountPoint AssertPathIsReadWrite AssertPathIsSymbolicLink
  AssertSecurity AssertUser AssertVirtualization Before BindTo BindsTo CollectMode ConditionACPower
  ConditionArchitecture ConditionCPUFeature ConditionCPUPressure ConditionCPUs ConditionCapability
  ConditionControlGroupController ConditionCredential ConditionDirectoryNotEmpty ConditionEnvironment
  ConditionFileIsExecutable ConditionFileNotEmpty ConditionFirmware ConditionFirstBoot ConditionGroup
  ConditionHost ConditionIOPressure ConditionKernelCommandLine ConditionKernelVersion ConditionMemory
  ConditionMemoryPressure ConditionNeedsUpdate ConditionOSRelease ConditionPathExists
  ConditionPathExistsGlob ConditionPathIsDirectory ConditionPathIsEncrypted ConditionPathIsMountPoint
  ConditionPathIsReadWrite ConditionPathIsSymbolicLink ConditionSecurity ConditionUser
  ConditionVirtualization Conflicts DefaultDependencies Description Documentation FailureAction
  FailureActionExitStatus IgnoreOnIsolate JobRunningTimeoutSec JobTimeoutAction JobTimeoutRebootArgument
  JobTimeoutSec JoinsNamespaceOf OnFailure OnFailureIsolate OnFailureJobMode OnSuccess OnSuccessJobMode
  PartOf PropagateReloadFrom PropagateReloadTo PropagatesReloadTo PropagatesStopTo RebootArgument
  RefuseManualStart RefuseManualStop ReloadPropagatedFrom Requires RequiresMountsFor RequiresOverridable
  Requisite RequisiteOverridable SourcePath StartLimitAction StartLimitBurst StartLimitInterval
  StartLimitIntervalSec StopPropagatedFrom StopWhenUnneeded SuccessAction SuccessActionExitStatus
  SurviveFinalKillSignal Upholds Wants WantsMountsFor
`;

const installNames = `
  Alias Also DefaultInstance RequiredBy UpheldBy WantedBy
`;

const groupNames = `
  AllowedCPUs AllowedMemoryNodes BPFProgram BlockIOAccounting BlockIODeviceWeight BlockIOReadBandwidth
  BlockIOWeight BlockIOWriteBandwidth CPUAccounting CPUQuota CPUQuotaPeriodSec CPUShares CPUWeight
  CoredumpReceive DefaultMemoryLow DefaultMemoryMin DefaultStartupMemoryLow Delegate DelegateSubgroup
  DeviceAllow DevicePolicy DisableControllers IOAccounting IODeviceLatencyTargetSec IODeviceWeight
  IOReadBandwidthMax IOReadIOPSMax IOWeight IOWriteBandwidthMax IOWriteIOPSMax IPAccounting
  IPAddressAllow IPAddressDeny IPEgressFilterPath IPIngressFilterPath ManagedOOMMemoryPressure
  ManagedOOMMemoryPressureDurationSec ManagedOOMMemoryPressureLimit ManagedOOMPreference ManagedOOMSwap
  MemoryAccounting MemoryHigh MemoryLimit MemoryLow MemoryMax MemoryMin MemoryPressureThresholdSec
  MemoryPressureWatch MemorySwapMax MemoryZSwapMax MemoryZSwapWriteback NFTSet RestrictNetworkInterfaces
  Slice SocketBindAllow SocketBindDeny StartupAllowedCPUs StartupAllowedMemoryNodes StartupBlockIOWeight
  StartupCPUShares StartupCPUWeight StartupIOWeight StartupMemoryHigh StartupMemoryLow StartupMemoryMax
  StartupMemorySwapMax StartupMemoryZSwapMax TasksAccounting TasksMax
`;

const processNames = `
  AmbientCapabilities AppArmorProfile BindLogSockets BindPaths BindReadOnlyPaths CPUAffinity
  CPUSchedulingPolicy CPUSchedulingPriority CPUSchedulingResetOnFork CacheDirectory CacheDirectoryMode
  CapabilityBoundingSet ConfigurationDirectory ConfigurationDirectoryMode CoredumpFilter DynamicUser
  Environment EnvironmentFile ExecPaths ExecSearchPath ExtensionDirectories ExtensionImagePolicy
  ExtensionImages FinalKillSignal Group IOSchedulingClass IOSchedulingPriority IPCNamespacePath
  IgnoreSIGPIPE ImportCredential InaccessibleDirectories InaccessiblePaths KeyringMode KillMode
  KillSignal LimitAS LimitCORE LimitCPU LimitDATA LimitFSIZE LimitLOCKS LimitMEMLOCK LimitMSGQUEUE
  LimitNICE LimitNOFILE LimitNPROC LimitRSS LimitRTPRIO LimitRTTIME LimitSIGPENDING LimitSTACK
  LoadCredential LoadCredentialEncrypted LockPersonality LogExtraFields LogFilterPatterns LogLevelMax
  LogNamespace LogRateLimitBurst LogRateLimitIntervalSec LogsDirectory LogsDirectoryMode
  MemoryDenyWriteExecute MemoryKSM MountAPIVFS MountFlags MountImagePolicy MountImages NUMAMask
  NUMAPolicy NetworkNamespacePath Nice NoExecPaths NoNewPrivileges OOMScoreAdjust PAMName PassEnvironment
  Personality PrivateDevices PrivateIPC PrivateMounts PrivateNetwork PrivatePIDs PrivateTmp PrivateUsers
  ProcSubset ProtectClock ProtectControlGroups ProtectHome ProtectHostname ProtectKernelLogs
  ProtectKernelModules ProtectKernelTunables ProtectProc ProtectSystem ReadOnlyDirectories ReadOnlyPaths
  ReadWriteDirectories ReadWritePaths RemoveIPC RestartKillSignal RestrictAddressFamilies
  RestrictFileSystems RestrictNamespaces RestrictRealtime RestrictSUIDSGID RootDirectory RootEphemeral
  RootHash RootHashSignature RootImage RootImageOptions RootImagePolicy RootVerity RuntimeDirectory
  RuntimeDirectoryMode RuntimeDirectoryPreserve SELinuxContext SecureBits SendSIGHUP SendSIGKILL
  SetCredential SetCredentialEncrypted SetLoginEnvironment SmackProcessLabel StandardError StandardInput
  StandardInputData StandardInputText StandardOutput StateDirectory StateDirectoryMode
  SupplementaryGroups SyslogFacility SyslogIdentifier SyslogLevel SyslogLevelPrefix
  SystemCallArchitectures SystemCallErrorNumber SystemCallFilter SystemCallLog TTYColumns TTYPath
  TTYReset TTYRows TTYVHangup TTYVTDisallocate TemporaryFileSystem TimeoutCleanSec TimeoutSec
  TimerSlackNSec UMask UnsetEnvironment User UtmpIdentifier UtmpMode WatchdogSignal WorkingDirectory
`;

const serviceNames = `
  BusName ExecCondition ExecReload ExecStart ExecStartPost ExecStartPre ExecStop ExecStopPost ExitType
  FailureAction FileDescriptorStoreMax FileDescriptorStorePreserve GuessMainPID NonBlocking NotifyAccess
  OOMPolicy OpenFile PIDFile PermissionsStartOnly RebootArgument ReloadSignal RemainAfterExit Restart
  RestartForceExitStatus RestartMaxDelaySec RestartMode RestartPreventExitStatus RestartSec RestartSteps
  RootDirectoryStartOnly RuntimeMaxSec RuntimeRandomizedExtraSec Sockets StartLimitAction StartLimitBurst
  StartLimitInterval SuccessExitStatus TimeoutAbortSec TimeoutStartFailureMode TimeoutStartSec
  TimeoutStopFailureMode TimeoutStopSec Type USBFunctionDescriptors USBFunctionStrings WatchdogSec
`;

const socketNames = `
  Accept Backlog BindIPv6Only BindToDevice Broadcast DeferAcceptSec DirectoryMode ExecStartPost
  ExecStartPre ExecStopPost ExecStopPre FileDescriptorName FlushPending FreeBind IPTOS IPTTL KeepAlive
  KeepAliveIntervalSec KeepAliveProbes KeepAliveTimeSec ListenDatagram ListenFIFO ListenMessageQueue
  ListenNetlink ListenSequentialPacket ListenSpecial ListenStream ListenUSBFunction Mark MaxConnections
  MaxConnectionsPerSource MessageQueueMaxMessages MessageQueueMessageSize NoDelay PassCredentials
  PassFileDescriptorsToExec PassPacketInfo PassSecurity PipeSize PollLimitBurst PollLimitIntervalSec
  Priority ReceiveBuffer RemoveOnStop ReusePort SELinuxContextFromNet SendBuffer Service SmackLabel
  SmackLabelIPIn SmackLabelIPOut SocketGroup SocketMode SocketProtocol SocketUser Symlinks TCPCongestion
  Timestamping Transparent TriggerLimitBurst TriggerLimitIntervalSec Writable
`;

const mountNames = `
  DirectoryMode ForceUnmount LazyUnmount Options ReadWriteOnly SloppyOptions Type What Where
`;

const swapNames = `
  Options Priority What
`;

const scopeNames = `
  FinalKillSignal KillMode KillSignal OOMPolicy RestartKillSignal RuntimeMaxSec RuntimeRandomizedExtraSec
  SendSIGHUP SendSIGKILL TimeoutStopSec WatchdogSignal
`;

const sliceNames = `
 
`;

const automountNames = `
  DirectoryMode ExtraOptions TimeoutIdleSec Where
`;

const timerNames = `
  AccuracySec DeferReactivation FixedRandomDelay OnActiveSec OnBootSec OnCalendar OnClockChange
  OnStartupSec OnTimezoneChange OnUnitActiveSec OnUnitInactiveSec Persistent RandomizedDelaySec
  RemainAfterElapse Unit WakeSystem
`;

const pathNames = `
  DirectoryMode DirectoryNotEmpty MakeDirectory PathChanged PathExists PathExistsGlob PathModified
  TriggerLimitBurst TriggerLimitIntervalSec Unit
`;

const process = `${groupNames} ${processNames}`;

const sections: Readonly<Record<string, string>> = {
  Unit: unitNames,
  Install: installNames,
  Service: `${process} ${serviceNames}`,
  Socket: `${process} ${socketNames}`,
  Mount: `${process} ${mountNames}`,
  Swap: `${process} ${swapNames}`,
  Scope: `${groupNames} ${scopeNames}`,
  Slice: `${groupNames} ${sliceNames}`,
  Automount: automountNames,
  Timer: timerNames,
  Path: pathNames,
};

/** Names that a section may hold, by its name; a section that is not here is not of systemd's units. */
export const unitDirectives: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(sections).map(([section, names]) => [section, new Set(names.trim().split(/\s+/))]),
);
