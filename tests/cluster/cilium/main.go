// Cilium asks Cilium's policy repository which connections NetworkPolicies and ClusterNetworkPolicies let pass, in the words
// of ../policies/verdicts. Identities are given as its agent gives them: by a pod's labels and its namespace's,
// reserved:remote-node to the address of a Node, to any other address that of its own CIDR.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/netip"
	"os"
	"sync"

	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/identity/identitymanager"
	"github.com/cilium/cilium/pkg/k8s"
	ciliumio "github.com/cilium/cilium/pkg/k8s/apis/cilium.io"
	networkingv1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/networking/v1"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/option"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/types"
	testpolicy "github.com/cilium/cilium/pkg/testutils/policy"
	"github.com/cilium/cilium/pkg/u8proto"
	v1 "k8s.io/api/core/v1"
	npa "sigs.k8s.io/network-policy-api/apis/v1alpha2"
)

const cluster = "default"

type question struct {
	From, To, Protocol string
	Port               uint16
}

type example struct {
	Objects   []json.RawMessage
	Questions []question
}

type world struct {
	spaces map[string]map[string]string
	known  map[string]*identity.Identity
	ports  map[string]map[string]uint16
	ids    identity.IdentityMap
	byText map[string]*identity.Identity
}

func main() {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	option.Config.EnableIPv4, option.Config.EnableIPv6 = true, true
	option.Config.EnableNodeSelectorLabels = true
	policy.SetPolicyEnabled(option.DefaultEnforcement)
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var given example
		if err := in.Decode(&given); err == io.EOF {
			return
		} else {
			must(err)
		}
		must(out.Encode(answers(log, given)))
	}
}

func answers(log *slog.Logger, given example) []string {
	w := &world{map[string]map[string]string{}, map[string]*identity.Identity{}, map[string]map[string]uint16{}, identity.IdentityMap{}, map[string]*identity.Identity{}}
	var rules types.PolicyEntries
	var pods []*v1.Pod
	for _, raw := range given.Objects {
		var head struct{ Kind, APIVersion string }
		must(json.Unmarshal(raw, &head))
		switch head.Kind {
		case "Namespace":
			o := read(raw, &v1.Namespace{})
			w.spaces[o.Name] = o.Labels
		case "Pod":
			pods = append(pods, read(raw, &v1.Pod{}))
		case "Node":
			for _, a := range read(raw, &v1.Node{}).Status.Addresses {
				w.known[a.Address] = w.give(identity.ReservedIdentityRemoteNode, labels.LabelRemoteNode)
			}
		case "NetworkPolicy":
			some, err := k8s.ParseNetworkPolicy(log, cluster, read(raw, &networkingv1.NetworkPolicy{}))
			must(err)
			rules = append(rules, some...)
		case "ClusterNetworkPolicy":
			some, err := k8s.ParseClusterNetworkPolicy(log, cluster, read(raw, &npa.ClusterNetworkPolicy{}))
			must(err)
			rules = append(rules, some...)
		default:
			must(fmt.Errorf("no use for %s", head.Kind))
		}
	}
	for _, p := range pods {
		w.pod(p)
	}
	for _, q := range given.Questions {
		w.of(q.From)
		w.of(q.To)
	}
	ids := identitymanager.NewIDManager(log)
	repo := policy.NewPolicyRepository(log, nil, nil, nil, ids, testpolicy.NewPolicyMetricsNoop())
	done := &sync.WaitGroup{}
	// Each takes away from the map what it knows already.
	repo.GetSelectorCache().UpdateIdentities(maps.Clone(w.ids), nil, done)
	repo.UpdateIdentities(maps.Clone(w.ids), nil)
	done.Wait()
	repo.MustAddPolicyEntries(rules)
	found := []string{}
	for _, q := range given.Questions {
		proto, err := u8proto.ParseProtocol(q.Protocol)
		must(err)
		said, _, _, err := policy.LookupFlow(log, repo, ids, types.Flow{From: w.of(q.From), To: w.of(q.To), Proto: proto, Dport: q.Port, NamedPortsTCP: w.ports[q.To]})
		must(err)
		// Only a pod is an endpoint: nothing is asked for the world's own side.
		found = append(found, w.refuser(q, said))
	}
	return found
}

// refuser is the direction in which a connection is refused. Only a pod has policies: the world's own side is not asked.
func (w *world) refuser(q question, said types.LookupResult) string {
	if w.isPod(q.From) && said.Egress == types.DecisionDenied {
		return "egress"
	}
	if w.isPod(q.To) && said.Ingress == types.DecisionDenied {
		return "ingress"
	}
	return ""
}

// pod gives a pod the identity of its labels, as pkg/k8s.GetPodMetadata and the endpoint's label filter do.
func (w *world) pod(p *v1.Pod) {
	all := map[string]string{ciliumio.PodNamespaceLabel: p.Namespace, ciliumio.PolicyLabelCluster: cluster}
	account := p.Spec.ServiceAccountName
	if account == "" {
		account = "default"
	}
	all[ciliumio.PolicyLabelServiceAccount] = account
	for k, v := range p.Labels {
		all[k] = v
	}
	for k, v := range w.spaces[p.Namespace] {
		all[ciliumio.PodNamespaceMetaLabels+"."+k] = v
	}
	id := w.give(identity.NumericIdentity(1000+len(w.byText)), labels.Map2Labels(all, labels.LabelSourceK8s))
	named := map[string]uint16{}
	for _, c := range p.Spec.Containers {
		for _, port := range c.Ports {
			if port.Name != "" {
				named[port.Name] = uint16(port.ContainerPort)
			}
		}
	}
	for _, ip := range append([]v1.PodIP{{IP: p.Status.PodIP}}, p.Status.PodIPs...) {
		if ip.IP != "" {
			w.known[ip.IP], w.ports[ip.IP] = id, named
		}
	}
}

// give makes one identity per set of labels.
func (w *world) give(number identity.NumericIdentity, all labels.Labels) *identity.Identity {
	text := all.String()
	if w.byText[text] == nil {
		w.byText[text] = identity.NewIdentity(number, all)
		w.ids[number] = all.LabelArray()
	}
	return w.byText[text]
}

// of is the identity of an address; of one nobody has, a CIDR's.
func (w *world) of(address string) *identity.Identity {
	if w.known[address] == nil {
		ip, err := netip.ParseAddr(address)
		must(err)
		w.known[address] = w.give(identity.IdentityScopeLocal|identity.NumericIdentity(1+len(w.byText)), labels.GetCIDRLabels(netip.PrefixFrom(ip, ip.BitLen())))
	}
	return w.known[address]
}

func (w *world) isPod(address string) bool { return w.ports[address] != nil }

func read[T any](raw []byte, into T) T {
	must(json.Unmarshal(raw, into))
	return into
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
