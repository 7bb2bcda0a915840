// SPDX-License-Identifier: Apache-2.0

/**
 * What may stand in files of systemd-networkd and udev, by section: one section a line. Names that were given up and are
 * still read are among them.
 *
 * Source: the tables in the programs of systemd 252 (Debian 12) and 257 (Debian 13), held against their
 * systemd.network(5), systemd.netdev(5) and systemd.link(5). Newer names are told as unknown.
 */
const networkSections = `
  [Match] Architecture BSSID Credential Driver Firmware Host KernelCommandLine KernelVersion Kind
    MACAddress Name Path PermanentMACAddress Property SSID Type Virtualization WLANInterfaceType
  [Link] ARP ActivationPolicy AllMulticast Group MACAddress MTUBytes Multicast Promiscuous
    RequiredFamilyForOnline RequiredForOnline Unmanaged
  [SR-IOV] LinkState MACAddress MACSpoofCheck QualityOfService QueryReceiveSideScaling Trust VLANId
    VLANProtocol VirtualFunction
  [Network] ActiveSlave Address BatmanAdvanced BindCarrier Bond Bridge ConfigureWithoutCarrier DHCP
    DHCPPrefixDelegation DHCPServer DHCPv6PrefixDelegation DNS DNSDefaultRoute DNSOverTLS DNSSEC
    DNSSECNegativeTrustAnchors DefaultRouteOnDevice Description Domains EmitLLDP Gateway IPForward
    IPMasquerade IPVLAN IPVTAP IPoIB IPv4AcceptLocal IPv4Forwarding IPv4LL IPv4LLRoute IPv4LLStartAddress
    IPv4ProxyARP IPv4ProxyARPPrivateVLAN IPv4ReversePathFilter IPv4RouteLocalnet IPv6AcceptRA
    IPv6AcceptRouterAdvertisements IPv6DuplicateAddressDetection IPv6Forwarding IPv6HopLimit
    IPv6LinkLocalAddressGenerationMode IPv6MTUBytes IPv6PrefixDelegation IPv6PrivacyExtensions IPv6ProxyNDP
    IPv6ProxyNDPAddress IPv6RetransmissionTimeSec IPv6SendRA IPv6StableSecretAddress IPv6Token
    IgnoreCarrierLoss KeepConfiguration KeepMaster L2TP LLDP LLMNR LinkLocalAddressing MACVLAN MACVTAP
    MACsec MulticastDNS MulticastIGMPVersion NTP PrimarySlave ProxyARP Tunnel UseDomains VLAN VRF VXLAN
    Xfrm
  [Address] AddPrefixRoute Address AutoJoin Broadcast DuplicateAddressDetection HomeAddress Label
    ManageTemporaryAddress NFTSet NetLabel Peer PreferredLifetime PrefixRoute RouteMetric Scope
  [Neighbor] Address LinkLayerAddress MACAddress
  [IPv6AddressLabel] Label Prefix
  [RoutingPolicyRule] DestinationPort Family FirewallMark From GoTo IPProtocol IncomingInterface
    InvertRule L3MasterDevice OutgoingInterface Priority SourcePort SuppressInterfaceGroup
    SuppressPrefixLength Table To Type TypeOfService User
  [NextHop] Blackhole Family Gateway Group Id OnLink
  [Route] Destination FastOpenNoCookie Gateway GatewayOnLink GatewayOnlink HopLimit IPv6Preference
    InitialAdvertisedReceiveWindow InitialCongestionWindow MTUBytes Metric MultiPathRoute NextHop
    PreferredSource Protocol QuickAck Scope Source TCPAdvertisedMaximumSegmentSize
    TCPCongestionControlAlgorithm TCPRetransmissionTimeoutSec TTLPropagate Table Type
  [DHCPv4] AllowList Anonymize BlackList ClientIdentifier CriticalConnection DUIDRawData DUIDType
    DenyList FallbackLeaseLifetimeSec Hostname IAID IPServiceType IPv6OnlyMode
    InitialAdvertisedReceiveWindow InitialCongestionWindow Label ListenPort MUDURL MaxAttempts NFTSet
    NetLabel QuickAck RapidCommit RequestAddress RequestBroadcast RequestOptions RouteMTUBytes RouteMetric
    RouteTable RoutesToDNS RoutesToNTP SendDecline SendHostname SendOption SendRelease SendVendorOption
    ServerPort SocketPriority UnassignedSubnetPolicy Use6RD UseCaptivePortal UseDNR UseDNS UseDomainName
    UseDomains UseGateway UseHostname UseMTU UseNTP UseRoutes UseSIP UseTimezone UserClass
    VendorClassIdentifier
  [DHCPv6] DUIDRawData DUIDType ForceDHCPv6PDOtherInformation Hostname IAID MUDURL NFTSet NetLabel
    PrefixDelegationHint RapidCommit RequestOptions RouteMetric SendHostname SendOption SendRelease
    SendVendorOption UnassignedSubnetPolicy UseAddress UseCaptivePortal UseDNR UseDNS UseDelegatedPrefix
    UseDomains UseHostname UseNTP UserClass VendorClass WithoutRA
  [DHCPPrefixDelegation] Announce Assign ManageTemporaryAddress NFTSet NetLabel RouteMetric SubnetId
    Token UplinkInterface
  [IPv6AcceptRA] BlackList DHCPv6Client DenyList NFTSet NetLabel PrefixAllowList PrefixDenyList QuickAck
    RouteAllowList RouteDenyList RouteMetric RouteTable RouterAllowList RouterDenyList Token
    UseAutonomousPrefix UseCaptivePortal UseDNR UseDNS UseDomains UseGateway UseHopLimit UseICMP6RateLimit
    UseMTU UseOnLinkPrefix UsePREF64 UseReachableTime UseRedirect UseRetransmissionTime UseRoutePrefix
  [DHCPServer] BindToInterface BootFilename BootServerAddress BootServerName DNS DefaultLeaseTimeSec
    EmitDNS EmitLPR EmitNTP EmitPOP3 EmitRouter EmitSIP EmitSMTP EmitTimezone IPv6OnlyPreferredSec LPR
    MaxLeaseTimeSec NTP POP3 PersistLeases PoolOffset PoolSize RapidCommit RelayAgentCircuitId
    RelayAgentRemoteId RelayTarget Router SIP SMTP SendOption SendVendorOption ServerAddress Timezone
    UplinkInterface
  [DHCPServerStaticLease] Address MACAddress
  [IPv6SendRA] DNS DNSLifetimeSec Domains EmitDNS EmitDomains HomeAgent HomeAgentLifetimeSec
    HomeAgentPreference HopLimit Managed OtherInformation ReachableTimeSec RetransmitSec RouterLifetimeSec
    RouterPreference UplinkInterface
  [IPv6Prefix] AddressAutoconfiguration Assign OnLink PreferredLifetimeSec Prefix RouteMetric Token
    ValidLifetimeSec
  [IPv6RoutePrefix] LifetimeSec Route
  [IPv6PREF64Prefix] LifetimeSec Prefix
  [Bridge] AllowPortToBeRoot Cost FastLeave HairPin Isolated Learning MulticastFlood MulticastRouter
    MulticastToUnicast NeighborSuppression Priority ProxyARP ProxyARPWiFi UnicastFlood UseBPDU
  [BridgeFDB] AssociatedWith Destination MACAddress OutgoingInterface VLANId VNI
  [BridgeMDB] MulticastGroupAddress VLANId
  [LLDP] MUDURL
  [CAN] BitRate BusErrorReporting ClassicDataLengthCode DataBitRate DataPhaseBufferSegment1
    DataPhaseBufferSegment2 DataPropagationSegment DataSamplePoint DataSyncJumpWidth DataTimeQuantaNSec
    FDMode FDNonISO ListenOnly Loopback OneShot PhaseBufferSegment1 PhaseBufferSegment2 PresumeACK
    PropagationSegment RestartSec SamplePoint SyncJumpWidth Termination TimeQuantaNSec TripleSampling
  [IPoIB] IgnoreUserspaceMulticastGroups Mode
  [QDisc] Handle Parent
  [NetworkEmulator] DelayJitterSec DelaySec DuplicateRate Handle LossRate PacketLimit Parent
  [TokenBucketFilter] Burst BurstBytes Handle LatencySec LimitBytes LimitSize MPUBytes MTUBytes Parent
    PeakRate Rate
  [PIE] Handle PacketLimit Parent
  [FlowQueuePIE] Handle PacketLimit Parent
  [StochasticFairBlue] Handle PacketLimit Parent
  [StochasticFairnessQueueing] Handle Parent PerturbPeriodSec
  [BFIFO] Handle LimitBytes Parent
  [PFIFO] Handle PacketLimit Parent
  [PFIFOHeadDrop] Handle PacketLimit Parent
  [PFIFOFast] Handle Parent
  [CAKE] AckFilter AutoRateIngress Bandwidth CompensationMode FirewallMark FlowIsolationMode Handle
    MPUBytes NAT OverheadBytes Parent PriorityQueueingPreset RTTSec SplitGSO UseRawPacketSize Wash
  [ControlledDelay] CEThresholdSec ECN Handle IntervalSec PacketLimit Parent TargetSec
  [DeficitRoundRobinScheduler] Handle Parent
  [DeficitRoundRobinSchedulerClass] ClassId Parent QuantumBytes
  [EnhancedTransmissionSelection] Bands Handle Parent PriorityMap QuantumBytes StrictBands
  [GenericRandomEarlyDetection] DefaultVirtualQueue GenericRIO Handle Parent VirtualQueues
  [FairQueueingControlledDelay] CEThresholdSec ECN Flows Handle IntervalSec MemoryLimit MemoryLimitBytes
    PacketLimit Parent Quantum QuantumBytes TargetSec
  [FairQueueing] Buckets CEThresholdSec FlowLimit Handle InitialQuantum InitialQuantumBytes MaximumRate
    OrphanMask Pacing PacketLimit Parent Quantum QuantumBytes
  [TrivialLinkEqualizer] Handle Id Parent
  [HierarchyTokenBucket] DefaultClass Handle Parent RateToQuantum
  [HierarchyTokenBucketClass] BufferBytes CeilBufferBytes CeilRate ClassId MTUBytes OverheadBytes Parent
    Priority QuantumBytes Rate
  [ClassfulMultiQueueing] Handle Parent
  [BandMultiQueueing] Handle Parent
  [HeavyHitterFilter] Handle PacketLimit Parent
  [QuickFairQueueing] Handle Parent
  [QuickFairQueueingClass] ClassId MaxPacketBytes Parent Weight
  [BridgeVLAN] EgressUntagged PVID VLAN
  [TrafficControlQueueingDiscipline] NetworkEmulatorDelayJitterSec NetworkEmulatorDelaySec
    NetworkEmulatorDuplicateRate NetworkEmulatorLossRate NetworkEmulatorPacketLimit Parent
  [IPv6PrefixDelegation] DNS DNSLifetimeSec Domains EmitDNS EmitDomains Managed OtherInformation
    RouterLifetimeSec RouterPreference
  [DHCPv6PrefixDelegation] Announce Assign ManageTemporaryAddress RouteMetric SubnetId Token
  [DHCP] Anonymize ClientIdentifier CriticalConnection DUIDRawData DUIDType ForceDHCPv6PDOtherInformation
    Hostname IAID ListenPort RapidCommit RequestBroadcast RouteMetric RouteTable SendHostname UseDNS
    UseDomainName UseDomains UseHostname UseMTU UseNTP UseRoutes UseTimezone UserClass
    VendorClassIdentifier
`;

const netdevSections = `
  [Match] Architecture Credential Firmware Host KernelCommandLine KernelVersion Virtualization
  [NetDev] Description Kind MACAddress MTUBytes Name
  [Bridge] AgeingTimeSec DefaultPVID FDBMaxLearned ForwardDelaySec GroupForwardMask HelloTimeSec
    MaxAgeSec MulticastIGMPVersion MulticastQuerier MulticastSnooping Priority STP VLANFiltering
    VLANProtocol
  [VLAN] EgressQOSMaps GVRP Id IngressQOSMaps LooseBinding MVRP Protocol ReorderHeader
  [MACVLAN] BroadcastMulticastQueueLength BroadcastQueueThreshold Mode SourceMACAddress
  [MACVTAP] Mode SourceMACAddress
  [IPVLAN] Flags Mode
  [IPVTAP] Flags Mode
  [VXLAN] ARPProxy DestinationPort FDBAgeingSec FlowLabel GenericProtocolExtension Group
    GroupPolicyExtension IPDoNotFragment Id Independent L2MissNotification L3MissNotification Local
    MacLearning MaximumFDBEntries PortRange ReduceARPProxy Remote RemoteChecksumRx RemoteChecksumTx
    RouteShortCircuit TOS TTL UDP6ZeroCheckSumRx UDP6ZeroCheckSumTx UDP6ZeroChecksumRx UDP6ZeroChecksumTx
    UDPCheckSum UDPChecksum VNI
  [GENEVE] DestinationPort FlowLabel IPDoNotFragment Id InheritInnerProtocol Remote TOS TTL
    UDP6ZeroCheckSumRx UDP6ZeroCheckSumTx UDP6ZeroChecksumRx UDP6ZeroChecksumTx UDPChecksum
  [BareUDP] DestinationPort EtherType MinSourcePort
  [L2TP] EncapsulationType Local PeerTunnelId Remote TunnelId UDP6CheckSumRx UDP6CheckSumTx UDPCheckSum
    UDPDestinationPort UDPSourcePort
  [L2TPSession] Layer2SpecificHeader Name PeerSessionId SessionId
  [MACsec] Encrypt Port
  [MACsecReceiveChannel] MACAddress Port
  [MACsecTransmitAssociation] Activate Key KeyFile KeyId PacketNumber UseForEncoding
  [MACsecReceiveAssociation] Activate Key KeyFile KeyId MACAddress PacketNumber Port
  [Tunnel] AllowLocalRemote AssignToLoopback CopyDSCP DiscoverPathMTU ERSPANDirection ERSPANHardwareId
    ERSPANIndex ERSPANVersion Encapsulation EncapsulationLimit External FOUDestinationPort FOUSourcePort
    FooOverUDP IPv6FlowLabel IPv6RapidDeploymentPrefix ISATAP IgnoreDontFragment Independent InputKey Key
    Local Mode OutputKey Remote SerializeTunneledPackets TOS TTL
  [FooOverUDP] Encapsulation Local Peer PeerPort Port Protocol
  [Peer] MACAddress Name
  [VXCAN] Peer
  [Tun] Group KeepCarrier MultiQueue OneQueue PacketInfo User VNetHeader
  [Tap] Group KeepCarrier MultiQueue OneQueue PacketInfo User VNetHeader
  [WireGuard] FirewallMark FwMark ListenPort PrivateKey PrivateKeyFile RouteMetric RouteTable
  [WireGuardPeer] AllowedIPs Endpoint PersistentKeepalive PresharedKey PresharedKeyFile PublicKey
    PublicKeyFile RouteMetric RouteTable
  [Bond] ARPAllTargets ARPIPTargets ARPIntervalSec ARPMissedMax ARPValidate AdActorSystem
    AdActorSystemPriority AdSelect AdUserPortKey AllSlavesActive DownDelaySec DynamicTransmitLoadBalancing
    FailOverMACPolicy GratuitousARP LACPTransmitRate LearnPacketIntervalSec MIIMonitorSec MinLinks Mode
    PacketsPerSlave PeerNotifyDelaySec PrimaryReselectPolicy ResendIGMP TransmitHashPolicy UpDelaySec
  [Xfrm] Independent InterfaceId
  [VRF] Table TableId
  [BatmanAdvanced] Aggregation BridgeLoopAvoidance DistributedArpTable Fragmentation GatewayBandwidthDown
    GatewayBandwidthUp GatewayBandwithDown GatewayBandwithUp GatewayMode HopPenalty OriginatorIntervalSec
    RoutingAlgorithm
  [IPoIB] IgnoreUserspaceMulticastGroups Mode PartitionKey
  [WLAN] PhysicalDevice Type WDS
`;

const linkSections = `
  [Match] Architecture Credential Driver Firmware Host KernelCommandLine KernelVersion Kind MACAddress
    OriginalName Path PermanentMACAddress Property Type Virtualization
  [Link] Advertise Alias AlternativeName AlternativeNamesPolicy AutoNegotiation
    AutoNegotiationFlowControl BitsPerSecond CoalescePacketRateHigh CoalescePacketRateLow
    CoalescePacketRateSampleIntervalSec CombinedChannels Description Duplex GenericReceiveOffload
    GenericReceiveOffloadHardware GenericSegmentOffloadMaxBytes GenericSegmentOffloadMaxSegments
    GenericSegmentationOffload ImportProperty LargeReceiveOffload MACAddress MACAddressPolicy MDI MTUBytes
    NTupleFilter Name NamePolicy OtherChannels Port Property ReceiveChecksumOffload
    ReceivePacketSteeringCPUMask ReceiveQueues ReceiveVLANCTAGFilter ReceiveVLANCTAGHardwareAcceleration
    RxBufferSize RxChannels RxCoalesceHighSec RxCoalesceIrqSec RxCoalesceLowSec RxCoalesceSec RxFlowControl
    RxJumboBufferSize RxMaxCoalescedFrames RxMaxCoalescedHighFrames RxMaxCoalescedIrqFrames
    RxMaxCoalescedLowFrames RxMiniBufferSize SR-IOVVirtualFunctions StatisticsBlockCoalesceSec
    TCP6SegmentationOffload TCPSegmentationOffload TransmitChecksumOffload TransmitQueueLength
    TransmitQueues TransmitVLANCTAGHardwareAcceleration TransmitVLANSTAGHardwareAcceleration TxBufferSize
    TxChannels TxCoalesceHighSec TxCoalesceIrqSec TxCoalesceLowSec TxCoalesceSec TxFlowControl
    TxMaxCoalescedFrames TxMaxCoalescedHighFrames TxMaxCoalescedIrqFrames TxMaxCoalescedLowFrames
    UDPSegmentationOffload UnsetProperty UseAdaptiveRxCoalesce UseAdaptiveTxCoalesce WakeOnLan
    WakeOnLanPassword
  [SR-IOV] LinkState MACAddress MACSpoofCheck QualityOfService QueryReceiveSideScaling Trust VLANId
    VLANProtocol VirtualFunction
`;

/** Names that a section may hold, by the end of the file's name and the section's. */
export const networkDirectives: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>> = new Map(
  Object.entries({ network: networkSections, netdev: netdevSections, link: linkSections }).map(
    ([kind, text]) => [kind, new Map(text.split('[').slice(1).map(readSection))],
  ),
);

function readSection(text: string): [string, ReadonlySet<string>] {
  const [section = '', names = ''] = text.split(']');
  return [section, new Set(names.trim().split(/\s+/))];
}
