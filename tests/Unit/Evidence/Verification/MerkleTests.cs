using Sallyport.Evidence.Bundles;
using Sallyport.Evidence.Log;
using Sallyport.Evidence.Verification;

namespace Sallyport.Unit.Evidence.Verification;

public sealed class MerkleTests
{
    private const int Largest = 70;

    /// <summary>The reference leaves and roots of the certificate-transparency test suite.</summary>
    private static readonly string[] ReferenceLeaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    private static readonly string[] ReferenceRoots =
    [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    private static readonly byte[][] Leaves = [.. Enumerable.Range(0, Largest).Select(i => Merkle.HashLeaf([(byte)i, (byte)(i >> 8)]))];

    [Fact]
    public void The_reference_trees_have_the_reference_roots_in_reader_and_writer()
    {
        var builder = new TreeBuilder();
        var leaves = new List<byte[]>();
        for (var i = 0; i < ReferenceLeaves.Length; i++)
        {
            var leaf = Convert.FromHexString(ReferenceLeaves[i]);
            leaves.Add(Merkle.HashLeaf(leaf));
            builder.Append(LeafHash.Of(leaf));
            Assert.Equal(ReferenceRoots[i], Convert.ToHexStringLower(Merkle.Root(leaves)));
            Assert.Equal(ReferenceRoots[i], builder.Root().ToString());
        }
    }

    [Fact]
    public void Writer_and_reader_agree_on_every_size_past_two_levels_of_tiles()
    {
        var builder = new TreeBuilder();
        var leaves = new List<byte[]>();
        for (var i = 0; i < 66_000; i++)
        {
            leaves.Add(Merkle.HashLeaf(BitConverter.GetBytes(i)));
            builder.Append(LeafHash.Of(BitConverter.GetBytes(i)));
            if (i < 600 || (i > 65_500 && i % 37 == 0))
            {
                Assert.Equal(Merkle.Root(leaves), builder.Root().ToArray());
            }
        }
    }

    [Fact]
    public void Every_inclusion_proof_holds_for_its_leaf_and_for_no_other()
    {
        for (var size = 1; size <= Largest; size++)
        {
            var root = Root(0, size);
            for (var index = 0; index < size; index++)
            {
                var proof = InclusionProof.Build(index, size, Root, []).Path;
                Assert.True(Merkle.VerifyInclusion(Leaves[index], index, size, proof, root));
                Assert.False(Merkle.VerifyInclusion(Leaves[(index + 1) % Largest], index, size, proof, root));
                Assert.False(Merkle.VerifyInclusion(Leaves[index], size == 1 ? 1 : (index + 1) % size, size, proof, root));
                Assert.False(Merkle.VerifyInclusion(Leaves[index], index, size, [.. proof, root], root));
            }
        }
    }

    [Fact]
    public void Every_consistency_proof_holds_for_its_sizes_and_a_wrong_one_does_not()
    {
        for (var newSize = 1; newSize <= Largest; newSize++)
        {
            for (var oldSize = 1; oldSize <= newSize; oldSize++)
            {
                var proof = Consistency(oldSize, 0, newSize, whole: true);
                Assert.True(Merkle.VerifyConsistency(oldSize, Root(0, oldSize), newSize, Root(0, newSize), proof), $"{oldSize} of {newSize}");
                Assert.False(Merkle.VerifyConsistency(oldSize, Leaves[^1], newSize, Root(0, newSize), proof));
                Assert.False(Merkle.VerifyConsistency(oldSize, Root(0, oldSize), newSize, Leaves[^1], proof));
                Assert.False(Merkle.VerifyConsistency(oldSize, Root(0, oldSize), newSize, Root(0, newSize), [.. proof, Leaves[0]]));
            }
        }
    }

    [Fact]
    public void A_subset_proof_gives_the_root_and_nothing_else_fits()
    {
        for (var size = 1; size <= Largest; size += 3)
        {
            for (var step = 1; step < 9; step++)
            {
                long[] indexes = [.. Enumerable.Range(0, size).Where(i => i % step == step / 2).Select(i => (long)i)];
                var nodes = SubsetProof.Build(indexes, size, Root);
                byte[]? Prove(byte[] given) => SubsetProof.Root(indexes, i => Leaves[indexes[i]], size, given);
                Assert.Equal(Root(0, size), Prove(nodes));
                Assert.Null(Prove([.. nodes, .. Leaves[0]]));
                if (nodes.Length > 0)
                {
                    Assert.Null(Prove(nodes[Merkle.HashBytes..]));
                    nodes[0] ^= 1;
                    Assert.NotEqual(Root(0, size), Prove(nodes));
                }
            }
        }
    }

    private static byte[] Root(long start, long end) => Merkle.Root(Leaves[(int)start..(int)end]);

    /// <summary>RFC 6962 section 2.1.2.</summary>
    private static List<byte[]> Consistency(long oldSize, long start, long end, bool whole)
    {
        var size = end - start;
        if (oldSize == size)
        {
            return whole ? [] : [Root(start, end)];
        }
        var split = Merkle.Split(size);
        return oldSize <= split
            ? [.. Consistency(oldSize, start, start + split, whole), Root(start + split, end)]
            : [.. Consistency(oldSize - split, start + split, end, whole: false), Root(start, start + split)];
    }
}
