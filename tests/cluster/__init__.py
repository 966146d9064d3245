"""What svcmap says beside what a real control plane and a real CoreDNS say."""
