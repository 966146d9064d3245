// Verdicts asks the engine of kube-network-policies, without kernel or cluster, which connections NetworkPolicies,
// ClusterNetworkPolicies and the older kinds of administrators' policies let pass. A case a line:
//
//	stdin  {"objects": [Pod, Namespace, Node, NetworkPolicy...], "questions": [{"from": IP, "to": IP, "port": 80, "protocol": "TCP"}...]}
//	stdout ["", "egress NetworkPolicy", ...]   what refuses each connection: nothing, or a direction and an evaluator
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"

	v1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/kube-network-policies/pkg/api"
	"sigs.k8s.io/kube-network-policies/pkg/network"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
	"sigs.k8s.io/kube-network-policies/pkg/podinfo"
	anp "sigs.k8s.io/kube-network-policies/plugins/npa-v1alpha1"
	cnp "sigs.k8s.io/kube-network-policies/plugins/npa-v1alpha2"
	older "sigs.k8s.io/network-policy-api/apis/v1alpha1"
	npa "sigs.k8s.io/network-policy-api/apis/v1alpha2"
	npainformers "sigs.k8s.io/network-policy-api/pkg/client/informers/externalversions"
)

type question struct {
	From, To string
	Port     int
	Protocol v1.Protocol
}

// here counts every pod as one of this node: the engine keeps to its own otherwise.
const here = "here"

type example struct {
	Objects   []json.RawMessage
	Questions []question
}

func main() {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var given example
		if err := in.Decode(&given); err == io.EOF {
			return
		} else {
			must(err)
		}
		must(out.Encode(answers(given)))
	}
}

// answers builds the engine anew: its evaluators index pods, and must be made before there are any.
func answers(given example) []string {
	types := runtime.NewScheme()
	must(scheme.AddToScheme(types))
	must(npa.Install(types))
	must(older.Install(types))
	decoder := serializer.NewCodecFactory(types, serializer.EnableStrict).UniversalDeserializer()
	core, admin := informers.NewSharedInformerFactory(nil, 0), npainformers.NewSharedInformerFactory(nil, 0)
	pods, spaces, nodes := core.Core().V1().Pods(), core.Core().V1().Namespaces(), core.Core().V1().Nodes()
	rules, wide := core.Networking().V1().NetworkPolicies(), admin.Policy().V1alpha2().ClusterNetworkPolicies()
	admins, baselines := admin.Policy().V1alpha1().AdminNetworkPolicies(), admin.Policy().V1alpha1().BaselineAdminNetworkPolicies()
	byAddress, err := podinfo.NewInformerResolver(pods.Informer())
	must(err)
	standard := networkpolicy.NewStandardNetworkPolicy(here, spaces, pods, rules)
	for _, raw := range given.Objects {
		object, _, err := decoder.Decode(raw, nil, nil)
		must(err)
		var store cache.Indexer
		switch o := object.(type) {
		case *v1.Pod:
			o.Spec.NodeName = here
			if len(o.Status.PodIPs) == 0 && o.Status.PodIP != "" {
				o.Status.PodIPs = []v1.PodIP{{IP: o.Status.PodIP}}
			}
			store = pods.Informer().GetIndexer()
		case *v1.Namespace:
			store = spaces.Informer().GetIndexer()
		case *v1.Node:
			store = nodes.Informer().GetIndexer()
		case *networkingv1.NetworkPolicy:
			fill(&o.Spec)
			store = rules.Informer().GetIndexer()
		case *npa.ClusterNetworkPolicy:
			store = wide.Informer().GetIndexer()
		case *older.AdminNetworkPolicy:
			store = admins.Informer().GetIndexer()
		case *older.BaselineAdminNetworkPolicy:
			store = baselines.Informer().GetIndexer()
		default:
			must(fmt.Errorf("no use for %T", o))
		}
		must(store.Add(object))
	}
	who := podinfo.NewInformerProvider(pods, spaces, nodes, []podinfo.IPResolver{byAddress})
	stages := []api.PolicyEvaluator{
		cnp.NewClusterNetworkPolicy(npa.AdminTier, wide, nil, nodes.Lister()),
		anp.NewAdminNetworkPolicy(admins, nil),
		standard,
		cnp.NewClusterNetworkPolicy(npa.BaselineTier, wide, nil, nodes.Lister()),
		anp.NewBaselineAdminNetworkPolicy(baselines),
	}
	found := []string{}
	for _, q := range given.Questions {
		found = append(found, refuser(who, stages, q))
	}
	return found
}

// refuser is what PolicyEngine.EvaluatePacket goes through, with who said no.
func refuser(who api.PodInfoProvider, stages []api.PolicyEvaluator, q question) string {
	ctx := context.Background()
	p := &network.Packet{Family: v1.IPv4Protocol, SrcIP: net.ParseIP(q.From), DstIP: net.ParseIP(q.To), Proto: q.Protocol, SrcPort: 40000, DstPort: q.Port}
	if p.DstIP.To4() == nil {
		p.Family = v1.IPv6Protocol
	}
	pass, err := networkpolicy.NewPolicyEngine(who, stages).EvaluatePacket(ctx, p)
	must(err)
	if pass {
		return ""
	}
	from, _ := who.GetPodInfoByIP(q.From)
	to, _ := who.GetPodInfoByIP(q.To)
	for _, stage := range stages {
		verdict, err := stage.EvaluateEgress(ctx, p, from, to)
		must(err)
		if verdict == api.VerdictDeny {
			return "egress " + stage.Name()
		}
		if verdict == api.VerdictAccept {
			break
		}
	}
	return "ingress"
}

// fill in what the API server would.
func fill(spec *networkingv1.NetworkPolicySpec) {
	tcp := v1.ProtocolTCP
	ports := []*[]networkingv1.NetworkPolicyPort{}
	for i := range spec.Ingress {
		ports = append(ports, &spec.Ingress[i].Ports)
	}
	for i := range spec.Egress {
		ports = append(ports, &spec.Egress[i].Ports)
	}
	for _, list := range ports {
		for i := range *list {
			if (*list)[i].Protocol == nil {
				(*list)[i].Protocol = &tcp
			}
		}
	}
	if len(spec.PolicyTypes) == 0 {
		spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		if len(spec.Egress) > 0 {
			spec.PolicyTypes = append(spec.PolicyTypes, networkingv1.PolicyTypeEgress)
		}
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
