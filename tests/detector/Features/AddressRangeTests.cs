using Game.Detector.Features;
using Game.Detector.Rules;

namespace Game.Detector.Tests.Features;

public class AddressRangeTests
{
    [Fact]
    public void Addresses_of_one_prefix_are_one_range()
    {
        WindowParameters windows = new();
        AddressRange.HashOf("20.0.1.7"u8, windows).ShouldBe(AddressRange.HashOf("20.0.1.250"u8, windows));
        AddressRange.HashOf("20.0.1.7"u8, windows).ShouldNotBe(AddressRange.HashOf("20.0.2.7"u8, windows));
        AddressRange.HashOf("2001:db8:1::1"u8, windows).ShouldBe(AddressRange.HashOf("2001:db8:1:ffff::9"u8, windows));
        AddressRange.HashOf("2001:db8:1::1"u8, windows).ShouldNotBe(AddressRange.HashOf("2001:db8:2::1"u8, windows));
        AddressRange.HashOf(""u8, windows).ShouldBe(0UL);
    }
}
