// Written by chainrule 0.1.0.
module @chainrule attributes {mhlo.num_replicas = 1 : i32, mhlo.num_partitions = 1 : i32} {
  func.func public @main(%arg0: tensor<4x4xf32>, %arg1: tensor<f64>, %arg2: tensor<f64>, %arg3: tensor<5x3x4xf32>, %arg4: tensor<ui64>, %arg5: tensor<ui64>) -> (tensor<f32>, tensor<4x4xf32>, tensor<f64>) {
    %0 = "stablehlo.constant"() <{value = dense<0x00000000> : tensor<f32>}> : () -> tensor<f32>
    %1 = "stablehlo.broadcast_in_dim"(%0) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
    %2 = "stablehlo.constant"() <{value = dense<0x3DCCCCCD> : tensor<f32>}> : () -> tensor<f32>
    %3 = "stablehlo.broadcast_in_dim"(%0) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<5x3x4xf32>
    %4 = "stablehlo.broadcast_in_dim"(%0) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<5x3x4xf32>
    %5 = "stablehlo.broadcast_in_dim"(%0) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<5x3x4xf32>
    %6 = "stablehlo.broadcast_in_dim"(%0) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<5x3x4xf32>
    %7 = "stablehlo.constant"() <{value = dense<0> : tensor<i32>}> : () -> tensor<i32>
    %279:12 = "stablehlo.while"(%7, %1, %3, %4, %5, %6, %arg3, %arg0, %arg5, %2, %arg4, %arg5) ({
      ^bb0(%8: tensor<i32>, %9: tensor<3x4xf32>, %10: tensor<5x3x4xf32>, %11: tensor<5x3x4xf32>, %12: tensor<5x3x4xf32>, %13: tensor<5x3x4xf32>, %14: tensor<5x3x4xf32>, %15: tensor<4x4xf32>, %16: tensor<ui64>, %17: tensor<f32>, %18: tensor<ui64>, %19: tensor<ui64>):
        %20 = "stablehlo.constant"() <{value = dense<5> : tensor<i32>}> : () -> tensor<i32>
        %21 = "stablehlo.compare"(%8, %20) <{comparison_direction = #stablehlo<comparison_direction LT>}> : (tensor<i32>, tensor<i32>) -> tensor<i1>
        "stablehlo.return"(%21) : (tensor<i1>) -> ()
      }, {
      ^bb0(%22: tensor<i32>, %23: tensor<3x4xf32>, %24: tensor<5x3x4xf32>, %25: tensor<5x3x4xf32>, %26: tensor<5x3x4xf32>, %27: tensor<5x3x4xf32>, %28: tensor<5x3x4xf32>, %29: tensor<4x4xf32>, %30: tensor<ui64>, %31: tensor<f32>, %32: tensor<ui64>, %33: tensor<ui64>):
        %34 = "stablehlo.constant"() <{value = dense<0> : tensor<i32>}> : () -> tensor<i32>
        %35 = "stablehlo.dynamic_slice"(%28, %22, %34, %34) <{slice_sizes = array<i64: 1, 3, 4>}> : (tensor<5x3x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<1x3x4xf32>
        %36 = "stablehlo.reshape"(%35) : (tensor<1x3x4xf32>) -> tensor<3x4xf32>
        %37 = "stablehlo.convert"(%22) : (tensor<i32>) -> tensor<ui64>
        %38 = "stablehlo.constant"() <{value = dense<6> : tensor<ui64>}> : () -> tensor<ui64>
        %39 = "stablehlo.multiply"(%37, %38) : (tensor<ui64>, tensor<ui64>) -> tensor<ui64>
        %40 = "stablehlo.add"(%32, %39) : (tensor<ui64>, tensor<ui64>) -> tensor<ui64>
        %41 = "stablehlo.dot_general"(%23, %29) <{dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [], rhs_batching_dimensions = [], lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision HIGHEST>, #stablehlo<precision HIGHEST>]}> : (tensor<3x4xf32>, tensor<4x4xf32>) -> tensor<3x4xf32>
        %42 = "stablehlo.add"(%41, %36) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %43 = "stablehlo.constant"() <{value = dense<32> : tensor<ui64>}> : () -> tensor<ui64>
        %44 = "stablehlo.shift_right_logical"(%30, %43) : (tensor<ui64>, tensor<ui64>) -> tensor<ui64>
        %45 = "stablehlo.convert"(%30) : (tensor<ui64>) -> tensor<ui32>
        %46 = "stablehlo.convert"(%44) : (tensor<ui64>) -> tensor<ui32>
        %47 = "stablehlo.constant"() <{value = dense<466688986> : tensor<ui32>}> : () -> tensor<ui32>
        %48 = "stablehlo.xor"(%47, %45) : (tensor<ui32>, tensor<ui32>) -> tensor<ui32>
        %49 = "stablehlo.xor"(%48, %46) : (tensor<ui32>, tensor<ui32>) -> tensor<ui32>
        %50 = "stablehlo.broadcast_in_dim"(%45) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %51 = "stablehlo.broadcast_in_dim"(%46) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %52 = "stablehlo.broadcast_in_dim"(%49) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %53 = "stablehlo.broadcast_in_dim"(%40) <{broadcast_dimensions = array<i64>}> : (tensor<ui64>) -> tensor<6xui64>
        %54 = "stablehlo.iota"() <{iota_dimension = 0 : i64}> : () -> tensor<6xui64>
        %55 = "stablehlo.add"(%53, %54) : (tensor<6xui64>, tensor<6xui64>) -> tensor<6xui64>
        %56 = "stablehlo.broadcast_in_dim"(%43) <{broadcast_dimensions = array<i64>}> : (tensor<ui64>) -> tensor<6xui64>
        %57 = "stablehlo.shift_right_logical"(%55, %56) : (tensor<6xui64>, tensor<6xui64>) -> tensor<6xui64>
        %58 = "stablehlo.convert"(%55) : (tensor<6xui64>) -> tensor<6xui32>
        %59 = "stablehlo.convert"(%57) : (tensor<6xui64>) -> tensor<6xui32>
        %60 = "stablehlo.add"(%58, %50) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %61 = "stablehlo.add"(%59, %51) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %62 = "stablehlo.add"(%60, %61) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %63 = "stablehlo.constant"() <{value = dense<13> : tensor<ui32>}> : () -> tensor<ui32>
        %64 = "stablehlo.broadcast_in_dim"(%63) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %65 = "stablehlo.shift_left"(%61, %64) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %66 = "stablehlo.constant"() <{value = dense<19> : tensor<ui32>}> : () -> tensor<ui32>
        %67 = "stablehlo.broadcast_in_dim"(%66) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %68 = "stablehlo.shift_right_logical"(%61, %67) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %69 = "stablehlo.or"(%65, %68) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %70 = "stablehlo.xor"(%69, %62) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %71 = "stablehlo.add"(%62, %70) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %72 = "stablehlo.constant"() <{value = dense<15> : tensor<ui32>}> : () -> tensor<ui32>
        %73 = "stablehlo.broadcast_in_dim"(%72) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %74 = "stablehlo.shift_left"(%70, %73) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %75 = "stablehlo.constant"() <{value = dense<17> : tensor<ui32>}> : () -> tensor<ui32>
        %76 = "stablehlo.broadcast_in_dim"(%75) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %77 = "stablehlo.shift_right_logical"(%70, %76) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %78 = "stablehlo.or"(%74, %77) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %79 = "stablehlo.xor"(%78, %71) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %80 = "stablehlo.add"(%71, %79) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %81 = "stablehlo.constant"() <{value = dense<26> : tensor<ui32>}> : () -> tensor<ui32>
        %82 = "stablehlo.broadcast_in_dim"(%81) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %83 = "stablehlo.shift_left"(%79, %82) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %84 = "stablehlo.constant"() <{value = dense<6> : tensor<ui32>}> : () -> tensor<ui32>
        %85 = "stablehlo.broadcast_in_dim"(%84) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %86 = "stablehlo.shift_right_logical"(%79, %85) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %87 = "stablehlo.or"(%83, %86) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %88 = "stablehlo.xor"(%87, %80) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %89 = "stablehlo.add"(%80, %88) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %90 = "stablehlo.broadcast_in_dim"(%84) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %91 = "stablehlo.shift_left"(%88, %90) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %92 = "stablehlo.broadcast_in_dim"(%81) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %93 = "stablehlo.shift_right_logical"(%88, %92) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %94 = "stablehlo.or"(%91, %93) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %95 = "stablehlo.xor"(%94, %89) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %96 = "stablehlo.add"(%89, %51) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %97 = "stablehlo.constant"() <{value = dense<1> : tensor<ui32>}> : () -> tensor<ui32>
        %98 = "stablehlo.broadcast_in_dim"(%97) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %99 = "stablehlo.add"(%52, %98) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %100 = "stablehlo.add"(%95, %99) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %101 = "stablehlo.add"(%96, %100) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %102 = "stablehlo.broadcast_in_dim"(%75) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %103 = "stablehlo.shift_left"(%100, %102) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %104 = "stablehlo.broadcast_in_dim"(%72) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %105 = "stablehlo.shift_right_logical"(%100, %104) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %106 = "stablehlo.or"(%103, %105) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %107 = "stablehlo.xor"(%106, %101) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %108 = "stablehlo.add"(%101, %107) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %109 = "stablehlo.constant"() <{value = dense<29> : tensor<ui32>}> : () -> tensor<ui32>
        %110 = "stablehlo.broadcast_in_dim"(%109) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %111 = "stablehlo.shift_left"(%107, %110) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %112 = "stablehlo.constant"() <{value = dense<3> : tensor<ui32>}> : () -> tensor<ui32>
        %113 = "stablehlo.broadcast_in_dim"(%112) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %114 = "stablehlo.shift_right_logical"(%107, %113) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %115 = "stablehlo.or"(%111, %114) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %116 = "stablehlo.xor"(%115, %108) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %117 = "stablehlo.add"(%108, %116) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %118 = "stablehlo.constant"() <{value = dense<16> : tensor<ui32>}> : () -> tensor<ui32>
        %119 = "stablehlo.broadcast_in_dim"(%118) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %120 = "stablehlo.shift_left"(%116, %119) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %121 = "stablehlo.broadcast_in_dim"(%118) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %122 = "stablehlo.shift_right_logical"(%116, %121) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %123 = "stablehlo.or"(%120, %122) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %124 = "stablehlo.xor"(%123, %117) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %125 = "stablehlo.add"(%117, %124) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %126 = "stablehlo.constant"() <{value = dense<24> : tensor<ui32>}> : () -> tensor<ui32>
        %127 = "stablehlo.broadcast_in_dim"(%126) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %128 = "stablehlo.shift_left"(%124, %127) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %129 = "stablehlo.constant"() <{value = dense<8> : tensor<ui32>}> : () -> tensor<ui32>
        %130 = "stablehlo.broadcast_in_dim"(%129) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %131 = "stablehlo.shift_right_logical"(%124, %130) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %132 = "stablehlo.or"(%128, %131) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %133 = "stablehlo.xor"(%132, %125) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %134 = "stablehlo.add"(%125, %52) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %135 = "stablehlo.constant"() <{value = dense<2> : tensor<ui32>}> : () -> tensor<ui32>
        %136 = "stablehlo.broadcast_in_dim"(%135) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %137 = "stablehlo.add"(%50, %136) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %138 = "stablehlo.add"(%133, %137) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %139 = "stablehlo.add"(%134, %138) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %140 = "stablehlo.broadcast_in_dim"(%63) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %141 = "stablehlo.shift_left"(%138, %140) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %142 = "stablehlo.broadcast_in_dim"(%66) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %143 = "stablehlo.shift_right_logical"(%138, %142) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %144 = "stablehlo.or"(%141, %143) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %145 = "stablehlo.xor"(%144, %139) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %146 = "stablehlo.add"(%139, %145) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %147 = "stablehlo.broadcast_in_dim"(%72) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %148 = "stablehlo.shift_left"(%145, %147) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %149 = "stablehlo.broadcast_in_dim"(%75) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %150 = "stablehlo.shift_right_logical"(%145, %149) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %151 = "stablehlo.or"(%148, %150) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %152 = "stablehlo.xor"(%151, %146) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %153 = "stablehlo.add"(%146, %152) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %154 = "stablehlo.broadcast_in_dim"(%81) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %155 = "stablehlo.shift_left"(%152, %154) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %156 = "stablehlo.broadcast_in_dim"(%84) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %157 = "stablehlo.shift_right_logical"(%152, %156) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %158 = "stablehlo.or"(%155, %157) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %159 = "stablehlo.xor"(%158, %153) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %160 = "stablehlo.add"(%153, %159) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %161 = "stablehlo.broadcast_in_dim"(%84) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %162 = "stablehlo.shift_left"(%159, %161) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %163 = "stablehlo.broadcast_in_dim"(%81) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %164 = "stablehlo.shift_right_logical"(%159, %163) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %165 = "stablehlo.or"(%162, %164) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %166 = "stablehlo.xor"(%165, %160) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %167 = "stablehlo.add"(%160, %50) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %168 = "stablehlo.broadcast_in_dim"(%112) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %169 = "stablehlo.add"(%51, %168) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %170 = "stablehlo.add"(%166, %169) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %171 = "stablehlo.add"(%167, %170) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %172 = "stablehlo.broadcast_in_dim"(%75) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %173 = "stablehlo.shift_left"(%170, %172) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %174 = "stablehlo.broadcast_in_dim"(%72) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %175 = "stablehlo.shift_right_logical"(%170, %174) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %176 = "stablehlo.or"(%173, %175) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %177 = "stablehlo.xor"(%176, %171) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %178 = "stablehlo.add"(%171, %177) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %179 = "stablehlo.broadcast_in_dim"(%109) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %180 = "stablehlo.shift_left"(%177, %179) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %181 = "stablehlo.broadcast_in_dim"(%112) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %182 = "stablehlo.shift_right_logical"(%177, %181) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %183 = "stablehlo.or"(%180, %182) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %184 = "stablehlo.xor"(%183, %178) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %185 = "stablehlo.add"(%178, %184) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %186 = "stablehlo.broadcast_in_dim"(%118) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %187 = "stablehlo.shift_left"(%184, %186) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %188 = "stablehlo.broadcast_in_dim"(%118) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %189 = "stablehlo.shift_right_logical"(%184, %188) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %190 = "stablehlo.or"(%187, %189) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %191 = "stablehlo.xor"(%190, %185) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %192 = "stablehlo.add"(%185, %191) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %193 = "stablehlo.broadcast_in_dim"(%126) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %194 = "stablehlo.shift_left"(%191, %193) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %195 = "stablehlo.broadcast_in_dim"(%129) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %196 = "stablehlo.shift_right_logical"(%191, %195) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %197 = "stablehlo.or"(%194, %196) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %198 = "stablehlo.xor"(%197, %192) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %199 = "stablehlo.add"(%192, %51) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %200 = "stablehlo.constant"() <{value = dense<4> : tensor<ui32>}> : () -> tensor<ui32>
        %201 = "stablehlo.broadcast_in_dim"(%200) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %202 = "stablehlo.add"(%52, %201) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %203 = "stablehlo.add"(%198, %202) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %204 = "stablehlo.add"(%199, %203) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %205 = "stablehlo.broadcast_in_dim"(%63) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %206 = "stablehlo.shift_left"(%203, %205) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %207 = "stablehlo.broadcast_in_dim"(%66) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %208 = "stablehlo.shift_right_logical"(%203, %207) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %209 = "stablehlo.or"(%206, %208) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %210 = "stablehlo.xor"(%209, %204) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %211 = "stablehlo.add"(%204, %210) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %212 = "stablehlo.broadcast_in_dim"(%72) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %213 = "stablehlo.shift_left"(%210, %212) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %214 = "stablehlo.broadcast_in_dim"(%75) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %215 = "stablehlo.shift_right_logical"(%210, %214) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %216 = "stablehlo.or"(%213, %215) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %217 = "stablehlo.xor"(%216, %211) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %218 = "stablehlo.add"(%211, %217) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %219 = "stablehlo.broadcast_in_dim"(%81) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %220 = "stablehlo.shift_left"(%217, %219) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %221 = "stablehlo.broadcast_in_dim"(%84) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %222 = "stablehlo.shift_right_logical"(%217, %221) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %223 = "stablehlo.or"(%220, %222) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %224 = "stablehlo.xor"(%223, %218) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %225 = "stablehlo.add"(%218, %224) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %226 = "stablehlo.broadcast_in_dim"(%84) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %227 = "stablehlo.shift_left"(%224, %226) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %228 = "stablehlo.broadcast_in_dim"(%81) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %229 = "stablehlo.shift_right_logical"(%224, %228) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %230 = "stablehlo.or"(%227, %229) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %231 = "stablehlo.xor"(%230, %225) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %232 = "stablehlo.add"(%225, %52) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %233 = "stablehlo.constant"() <{value = dense<5> : tensor<ui32>}> : () -> tensor<ui32>
        %234 = "stablehlo.broadcast_in_dim"(%233) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %235 = "stablehlo.add"(%50, %234) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %236 = "stablehlo.add"(%231, %235) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %237 = "stablehlo.broadcast_in_dim"(%129) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %238 = "stablehlo.shift_right_logical"(%232, %237) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %239 = "stablehlo.convert"(%238) : (tensor<6xui32>) -> tensor<6xf32>
        %240 = "stablehlo.constant"() <{value = dense<0x33800000> : tensor<f32>}> : () -> tensor<f32>
        %241 = "stablehlo.broadcast_in_dim"(%240) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<6xf32>
        %242 = "stablehlo.multiply"(%239, %241) : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
        %243 = "stablehlo.broadcast_in_dim"(%129) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %244 = "stablehlo.shift_right_logical"(%236, %243) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %245 = "stablehlo.convert"(%244) : (tensor<6xui32>) -> tensor<6xf32>
        %246 = "stablehlo.broadcast_in_dim"(%240) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<6xf32>
        %247 = "stablehlo.multiply"(%245, %246) : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
        %248 = "stablehlo.reshape"(%242) : (tensor<6xf32>) -> tensor<6x1xf32>
        %249 = "stablehlo.reshape"(%247) : (tensor<6xf32>) -> tensor<6x1xf32>
        %250 = "stablehlo.concatenate"(%248, %249) <{dimension = 1 : i64}> : (tensor<6x1xf32>, tensor<6x1xf32>) -> tensor<6x2xf32>
        %251 = "stablehlo.reshape"(%250) : (tensor<6x2xf32>) -> tensor<12xf32>
        %252 = "stablehlo.reshape"(%251) : (tensor<12xf32>) -> tensor<3x4xf32>
        %253 = "stablehlo.broadcast_in_dim"(%31) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %254 = "stablehlo.multiply"(%252, %253) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %255 = "stablehlo.add"(%42, %254) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %256 = "stablehlo.tanh"(%255) : (tensor<3x4xf32>) -> tensor<3x4xf32>
        %257 = "stablehlo.multiply"(%256, %256) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %258 = "stablehlo.constant"() <{value = dense<0x40000000> : tensor<f32>}> : () -> tensor<f32>
        %259 = "stablehlo.broadcast_in_dim"(%258) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %260 = "stablehlo.multiply"(%256, %259) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %261 = "stablehlo.add"(%255, %255) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %262 = "stablehlo.logistic"(%261) : (tensor<3x4xf32>) -> tensor<3x4xf32>
        %263 = "stablehlo.negate"(%261) : (tensor<3x4xf32>) -> tensor<3x4xf32>
        %264 = "stablehlo.logistic"(%263) : (tensor<3x4xf32>) -> tensor<3x4xf32>
        %265 = "stablehlo.multiply"(%262, %264) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %266 = "stablehlo.constant"() <{value = dense<0x40800000> : tensor<f32>}> : () -> tensor<f32>
        %267 = "stablehlo.broadcast_in_dim"(%266) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %268 = "stablehlo.multiply"(%265, %267) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %269 = "stablehlo.reshape"(%257) : (tensor<3x4xf32>) -> tensor<1x3x4xf32>
        %270 = "stablehlo.dynamic_update_slice"(%24, %269, %22, %34, %34) : (tensor<5x3x4xf32>, tensor<1x3x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<5x3x4xf32>
        %271 = "stablehlo.reshape"(%23) : (tensor<3x4xf32>) -> tensor<1x3x4xf32>
        %272 = "stablehlo.dynamic_update_slice"(%25, %271, %22, %34, %34) : (tensor<5x3x4xf32>, tensor<1x3x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<5x3x4xf32>
        %273 = "stablehlo.reshape"(%260) : (tensor<3x4xf32>) -> tensor<1x3x4xf32>
        %274 = "stablehlo.dynamic_update_slice"(%26, %273, %22, %34, %34) : (tensor<5x3x4xf32>, tensor<1x3x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<5x3x4xf32>
        %275 = "stablehlo.reshape"(%268) : (tensor<3x4xf32>) -> tensor<1x3x4xf32>
        %276 = "stablehlo.dynamic_update_slice"(%27, %275, %22, %34, %34) : (tensor<5x3x4xf32>, tensor<1x3x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<5x3x4xf32>
        %277 = "stablehlo.constant"() <{value = dense<1> : tensor<i32>}> : () -> tensor<i32>
        %278 = "stablehlo.add"(%22, %277) : (tensor<i32>, tensor<i32>) -> tensor<i32>
        "stablehlo.return"(%278, %256, %270, %272, %274, %276, %28, %29, %30, %31, %32, %33) : (tensor<i32>, tensor<3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<4x4xf32>, tensor<ui64>, tensor<f32>, tensor<ui64>, tensor<ui64>) -> ()
      }) : (tensor<i32>, tensor<3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<4x4xf32>, tensor<ui64>, tensor<f32>, tensor<ui64>, tensor<ui64>) -> (tensor<i32>, tensor<3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<4x4xf32>, tensor<ui64>, tensor<f32>, tensor<ui64>, tensor<ui64>)
    %280 = "stablehlo.abs"(%279#1) : (tensor<3x4xf32>) -> tensor<3x4xf32>
    %284 = "stablehlo.reduce"(%280, %0) <{dimensions = array<i64: 0, 1>}> ({
      ^bb0(%281: tensor<f32>, %282: tensor<f32>):
        %283 = "stablehlo.add"(%281, %282) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%283) : (tensor<f32>) -> ()
      }) : (tensor<3x4xf32>, tensor<f32>) -> tensor<f32>
    %285 = "stablehlo.constant"() <{value = dense<0x42480000> : tensor<f32>}> : () -> tensor<f32>
    %286 = "stablehlo.compare"(%284, %285) <{comparison_direction = #stablehlo<comparison_direction LT>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %287 = "stablehlo.constant"() <{value = dense<0x3FC00000> : tensor<f32>}> : () -> tensor<f32>
    %314:6 = "stablehlo.while"(%7, %286, %279#1, %287, %285, %arg5) ({
      ^bb0(%288: tensor<i32>, %289: tensor<i1>, %290: tensor<3x4xf32>, %291: tensor<f32>, %292: tensor<f32>, %293: tensor<ui64>):
        %294 = "stablehlo.constant"() <{value = dense<2147483647> : tensor<i32>}> : () -> tensor<i32>
        %295 = "stablehlo.compare"(%288, %294) <{comparison_direction = #stablehlo<comparison_direction LT>}> : (tensor<i32>, tensor<i32>) -> tensor<i1>
        %296 = "stablehlo.and"(%289, %295) : (tensor<i1>, tensor<i1>) -> tensor<i1>
        "stablehlo.return"(%296) : (tensor<i1>) -> ()
      }, {
      ^bb0(%297: tensor<i32>, %298: tensor<i1>, %299: tensor<3x4xf32>, %300: tensor<f32>, %301: tensor<f32>, %302: tensor<ui64>):
        %303 = "stablehlo.broadcast_in_dim"(%300) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %304 = "stablehlo.multiply"(%299, %303) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %305 = "stablehlo.abs"(%304) : (tensor<3x4xf32>) -> tensor<3x4xf32>
        %306 = "stablehlo.constant"() <{value = dense<0x00000000> : tensor<f32>}> : () -> tensor<f32>
        %310 = "stablehlo.reduce"(%305, %306) <{dimensions = array<i64: 0, 1>}> ({
          ^bb0(%307: tensor<f32>, %308: tensor<f32>):
            %309 = "stablehlo.add"(%307, %308) : (tensor<f32>, tensor<f32>) -> tensor<f32>
            "stablehlo.return"(%309) : (tensor<f32>) -> ()
          }) : (tensor<3x4xf32>, tensor<f32>) -> tensor<f32>
        %311 = "stablehlo.compare"(%310, %301) <{comparison_direction = #stablehlo<comparison_direction LT>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
        %312 = "stablehlo.constant"() <{value = dense<1> : tensor<i32>}> : () -> tensor<i32>
        %313 = "stablehlo.add"(%297, %312) : (tensor<i32>, tensor<i32>) -> tensor<i32>
        "stablehlo.return"(%313, %311, %304, %300, %301, %302) : (tensor<i32>, tensor<i1>, tensor<3x4xf32>, tensor<f32>, tensor<f32>, tensor<ui64>) -> ()
      }) : (tensor<i32>, tensor<i1>, tensor<3x4xf32>, tensor<f32>, tensor<f32>, tensor<ui64>) -> (tensor<i32>, tensor<i1>, tensor<3x4xf32>, tensor<f32>, tensor<f32>, tensor<ui64>)
    %318 = "stablehlo.reduce"(%279#2, %0) <{dimensions = array<i64: 0, 1, 2>}> ({
      ^bb0(%315: tensor<f32>, %316: tensor<f32>):
        %317 = "stablehlo.add"(%315, %316) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%317) : (tensor<f32>) -> ()
      }) : (tensor<5x3x4xf32>, tensor<f32>) -> tensor<f32>
    %319 = "stablehlo.constant"() <{value = dense<0x40A00000> : tensor<f32>}> : () -> tensor<f32>
    %320 = "stablehlo.compare"(%318, %319) <{comparison_direction = #stablehlo<comparison_direction GT>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %324 = "stablehlo.reduce"(%arg0, %0) <{dimensions = array<i64: 0, 1>}> ({
      ^bb0(%321: tensor<f32>, %322: tensor<f32>):
        %323 = "stablehlo.add"(%321, %322) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%323) : (tensor<f32>) -> ()
      }) : (tensor<4x4xf32>, tensor<f32>) -> tensor<f32>
    %325 = "stablehlo.convert"(%320) : (tensor<i1>) -> tensor<i32>
    %329 = "stablehlo.case"(%325) ({
        %326 = "stablehlo.exponential"(%279#1) : (tensor<3x4xf32>) -> tensor<3x4xf32>
        "stablehlo.return"(%326) : (tensor<3x4xf32>) -> ()
      }, {
        %327 = "stablehlo.broadcast_in_dim"(%324) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %328 = "stablehlo.multiply"(%279#1, %327) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        "stablehlo.return"(%328) : (tensor<3x4xf32>) -> ()
      }) : (tensor<i32>) -> tensor<3x4xf32>
    %333 = "stablehlo.reduce"(%279#2, %0) <{dimensions = array<i64: 0, 1, 2>}> ({
      ^bb0(%330: tensor<f32>, %331: tensor<f32>):
        %332 = "stablehlo.add"(%330, %331) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%332) : (tensor<f32>) -> ()
      }) : (tensor<5x3x4xf32>, tensor<f32>) -> tensor<f32>
    %334 = "stablehlo.constant"() <{value = dense<0x42700000> : tensor<f32>}> : () -> tensor<f32>
    %335 = "stablehlo.divide"(%333, %334) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %339 = "stablehlo.reduce"(%329, %0) <{dimensions = array<i64: 0, 1>}> ({
      ^bb0(%336: tensor<f32>, %337: tensor<f32>):
        %338 = "stablehlo.add"(%336, %337) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%338) : (tensor<f32>) -> ()
      }) : (tensor<3x4xf32>, tensor<f32>) -> tensor<f32>
    %340 = "stablehlo.constant"() <{value = dense<0x41400000> : tensor<f32>}> : () -> tensor<f32>
    %341 = "stablehlo.divide"(%339, %340) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %342 = "stablehlo.add"(%335, %341) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %346 = "stablehlo.reduce"(%314#2, %0) <{dimensions = array<i64: 0, 1>}> ({
      ^bb0(%343: tensor<f32>, %344: tensor<f32>):
        %345 = "stablehlo.add"(%343, %344) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%345) : (tensor<f32>) -> ()
      }) : (tensor<3x4xf32>, tensor<f32>) -> tensor<f32>
    %347 = "stablehlo.divide"(%346, %340) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %348 = "stablehlo.constant"() <{value = dense<0x3A83126F> : tensor<f32>}> : () -> tensor<f32>
    %349 = "stablehlo.multiply"(%347, %348) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %350 = "stablehlo.add"(%342, %349) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %351 = "stablehlo.constant"() <{value = dense<0x3F800000> : tensor<f32>}> : () -> tensor<f32>
    %352 = "stablehlo.divide"(%351, %340) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %353 = "stablehlo.compare"(%351, %0) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %354 = "stablehlo.multiply"(%351, %352) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %355 = "stablehlo.select"(%353, %0, %354) : (tensor<i1>, tensor<f32>, tensor<f32>) -> tensor<f32>
    %356 = "stablehlo.reshape"(%355) : (tensor<f32>) -> tensor<1x1xf32>
    %357 = "stablehlo.reshape"(%356) : (tensor<1x1xf32>) -> tensor<f32>
    %358 = "stablehlo.broadcast_in_dim"(%357) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
    %359 = "stablehlo.divide"(%351, %334) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %360 = "stablehlo.compare"(%351, %0) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %361 = "stablehlo.multiply"(%351, %359) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %362 = "stablehlo.select"(%360, %0, %361) : (tensor<i1>, tensor<f32>, tensor<f32>) -> tensor<f32>
    %363 = "stablehlo.reshape"(%362) : (tensor<f32>) -> tensor<1x1x1xf32>
    %364 = "stablehlo.reshape"(%363) : (tensor<1x1x1xf32>) -> tensor<f32>
    %365 = "stablehlo.broadcast_in_dim"(%364) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<5x3x4xf32>
    %366 = "stablehlo.convert"(%320) : (tensor<i1>) -> tensor<i32>
    %390:2 = "stablehlo.case"(%366) ({
        %367 = "stablehlo.exponential"(%279#1) : (tensor<3x4xf32>) -> tensor<3x4xf32>
        %368 = "stablehlo.constant"() <{value = dense<0x00000000> : tensor<f32>}> : () -> tensor<f32>
        %369 = "stablehlo.broadcast_in_dim"(%368) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %370 = "stablehlo.compare"(%358, %369) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>
        %371 = "stablehlo.broadcast_in_dim"(%368) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %372 = "stablehlo.multiply"(%358, %367) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %373 = "stablehlo.select"(%370, %371, %372) : (tensor<3x4xi1>, tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        "stablehlo.return"(%373, %368) : (tensor<3x4xf32>, tensor<f32>) -> ()
      }, {
        %374 = "stablehlo.broadcast_in_dim"(%324) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %375 = "stablehlo.constant"() <{value = dense<0x00000000> : tensor<f32>}> : () -> tensor<f32>
        %376 = "stablehlo.broadcast_in_dim"(%375) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %377 = "stablehlo.compare"(%358, %376) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>
        %378 = "stablehlo.broadcast_in_dim"(%375) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %379 = "stablehlo.multiply"(%358, %374) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %380 = "stablehlo.select"(%377, %378, %379) : (tensor<3x4xi1>, tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %381 = "stablehlo.broadcast_in_dim"(%375) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %382 = "stablehlo.compare"(%358, %381) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>
        %383 = "stablehlo.broadcast_in_dim"(%375) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %384 = "stablehlo.multiply"(%358, %279#1) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %385 = "stablehlo.select"(%382, %383, %384) : (tensor<3x4xi1>, tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %389 = "stablehlo.reduce"(%385, %375) <{dimensions = array<i64: 0, 1>}> ({
          ^bb0(%386: tensor<f32>, %387: tensor<f32>):
            %388 = "stablehlo.add"(%386, %387) : (tensor<f32>, tensor<f32>) -> tensor<f32>
            "stablehlo.return"(%388) : (tensor<f32>) -> ()
          }) : (tensor<3x4xf32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%380, %389) : (tensor<3x4xf32>, tensor<f32>) -> ()
      }) : (tensor<i32>) -> (tensor<3x4xf32>, tensor<f32>)
    %391 = "stablehlo.reshape"(%390#1) : (tensor<f32>) -> tensor<1x1xf32>
    %392 = "stablehlo.reshape"(%391) : (tensor<1x1xf32>) -> tensor<f32>
    %393 = "stablehlo.broadcast_in_dim"(%392) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<4x4xf32>
    %394 = "stablehlo.broadcast_in_dim"(%0) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<5x3x4xf32>
    %454:11 = "stablehlo.while"(%7, %390#0, %394, %279#3, %279#4, %279#5, %arg3, %365, %arg0, %arg4, %arg5) ({
      ^bb0(%395: tensor<i32>, %396: tensor<3x4xf32>, %397: tensor<5x3x4xf32>, %398: tensor<5x3x4xf32>, %399: tensor<5x3x4xf32>, %400: tensor<5x3x4xf32>, %401: tensor<5x3x4xf32>, %402: tensor<5x3x4xf32>, %403: tensor<4x4xf32>, %404: tensor<ui64>, %405: tensor<ui64>):
        %406 = "stablehlo.constant"() <{value = dense<5> : tensor<i32>}> : () -> tensor<i32>
        %407 = "stablehlo.compare"(%395, %406) <{comparison_direction = #stablehlo<comparison_direction LT>}> : (tensor<i32>, tensor<i32>) -> tensor<i1>
        "stablehlo.return"(%407) : (tensor<i1>) -> ()
      }, {
      ^bb0(%408: tensor<i32>, %409: tensor<3x4xf32>, %410: tensor<5x3x4xf32>, %411: tensor<5x3x4xf32>, %412: tensor<5x3x4xf32>, %413: tensor<5x3x4xf32>, %414: tensor<5x3x4xf32>, %415: tensor<5x3x4xf32>, %416: tensor<4x4xf32>, %417: tensor<ui64>, %418: tensor<ui64>):
        %419 = "stablehlo.constant"() <{value = dense<4> : tensor<i32>}> : () -> tensor<i32>
        %420 = "stablehlo.subtract"(%419, %408) : (tensor<i32>, tensor<i32>) -> tensor<i32>
        %421 = "stablehlo.subtract"(%419, %408) : (tensor<i32>, tensor<i32>) -> tensor<i32>
        %422 = "stablehlo.constant"() <{value = dense<0> : tensor<i32>}> : () -> tensor<i32>
        %423 = "stablehlo.dynamic_slice"(%411, %420, %422, %422) <{slice_sizes = array<i64: 1, 3, 4>}> : (tensor<5x3x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<1x3x4xf32>
        %424 = "stablehlo.reshape"(%423) : (tensor<1x3x4xf32>) -> tensor<3x4xf32>
        %425 = "stablehlo.dynamic_slice"(%412, %420, %422, %422) <{slice_sizes = array<i64: 1, 3, 4>}> : (tensor<5x3x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<1x3x4xf32>
        %426 = "stablehlo.reshape"(%425) : (tensor<1x3x4xf32>) -> tensor<3x4xf32>
        %427 = "stablehlo.dynamic_slice"(%413, %420, %422, %422) <{slice_sizes = array<i64: 1, 3, 4>}> : (tensor<5x3x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<1x3x4xf32>
        %428 = "stablehlo.reshape"(%427) : (tensor<1x3x4xf32>) -> tensor<3x4xf32>
        %429 = "stablehlo.dynamic_slice"(%414, %420, %422, %422) <{slice_sizes = array<i64: 1, 3, 4>}> : (tensor<5x3x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<1x3x4xf32>
        %430 = "stablehlo.reshape"(%429) : (tensor<1x3x4xf32>) -> tensor<3x4xf32>
        %431 = "stablehlo.dynamic_slice"(%415, %420, %422, %422) <{slice_sizes = array<i64: 1, 3, 4>}> : (tensor<5x3x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<1x3x4xf32>
        %432 = "stablehlo.reshape"(%431) : (tensor<1x3x4xf32>) -> tensor<3x4xf32>
        %433 = "stablehlo.convert"(%421) : (tensor<i32>) -> tensor<ui64>
        %434 = "stablehlo.constant"() <{value = dense<6> : tensor<ui64>}> : () -> tensor<ui64>
        %435 = "stablehlo.multiply"(%433, %434) : (tensor<ui64>, tensor<ui64>) -> tensor<ui64>
        %436 = "stablehlo.add"(%417, %435) : (tensor<ui64>, tensor<ui64>) -> tensor<ui64>
        %437 = "stablehlo.constant"() <{value = dense<0x00000000> : tensor<f32>}> : () -> tensor<f32>
        %438 = "stablehlo.broadcast_in_dim"(%437) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %439 = "stablehlo.compare"(%432, %438) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>
        %440 = "stablehlo.broadcast_in_dim"(%437) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %441 = "stablehlo.multiply"(%432, %426) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %442 = "stablehlo.select"(%439, %440, %441) : (tensor<3x4xi1>, tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %443 = "stablehlo.add"(%409, %442) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %444 = "stablehlo.broadcast_in_dim"(%437) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %445 = "stablehlo.compare"(%443, %444) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>
        %446 = "stablehlo.broadcast_in_dim"(%437) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %447 = "stablehlo.multiply"(%443, %428) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %448 = "stablehlo.select"(%445, %446, %447) : (tensor<3x4xi1>, tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %449 = "stablehlo.dot_general"(%448, %416) <{dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [], rhs_batching_dimensions = [], lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1]>, precision_config = [#stablehlo<precision HIGHEST>, #stablehlo<precision HIGHEST>]}> : (tensor<3x4xf32>, tensor<4x4xf32>) -> tensor<3x4xf32>
        %450 = "stablehlo.reshape"(%448) : (tensor<3x4xf32>) -> tensor<1x3x4xf32>
        %451 = "stablehlo.dynamic_update_slice"(%410, %450, %420, %422, %422) : (tensor<5x3x4xf32>, tensor<1x3x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<5x3x4xf32>
        %452 = "stablehlo.constant"() <{value = dense<1> : tensor<i32>}> : () -> tensor<i32>
        %453 = "stablehlo.add"(%408, %452) : (tensor<i32>, tensor<i32>) -> tensor<i32>
        "stablehlo.return"(%453, %449, %451, %411, %412, %413, %414, %415, %416, %417, %418) : (tensor<i32>, tensor<3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<4x4xf32>, tensor<ui64>, tensor<ui64>) -> ()
      }) : (tensor<i32>, tensor<3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<4x4xf32>, tensor<ui64>, tensor<ui64>) -> (tensor<i32>, tensor<3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<4x4xf32>, tensor<ui64>, tensor<ui64>)
    %455 = "stablehlo.reshape"(%279#3) : (tensor<5x3x4xf32>) -> tensor<15x4xf32>
    %456 = "stablehlo.reshape"(%454#2) : (tensor<5x3x4xf32>) -> tensor<15x4xf32>
    %457 = "stablehlo.dot_general"(%455, %456) <{dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [], rhs_batching_dimensions = [], lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision HIGHEST>, #stablehlo<precision HIGHEST>]}> : (tensor<15x4xf32>, tensor<15x4xf32>) -> tensor<4x4xf32>
    %458 = "stablehlo.add"(%393, %457) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %459 = "stablehlo.constant"() <{value = dense<0x3FF0000000000000> : tensor<f64>}> : () -> tensor<f64>
    %460 = "stablehlo.add"(%arg2, %459) : (tensor<f64>, tensor<f64>) -> tensor<f64>
    %461 = "stablehlo.convert"(%arg1) : (tensor<f64>) -> tensor<f32>
    %462 = "stablehlo.broadcast_in_dim"(%461) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<4x4xf32>
    %463 = "stablehlo.multiply"(%458, %462) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %464 = "stablehlo.subtract"(%arg0, %463) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    "func.return"(%350, %464, %460) : (tensor<f32>, tensor<4x4xf32>, tensor<f64>) -> ()
  }
}
